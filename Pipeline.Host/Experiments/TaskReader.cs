using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Training;
using Pipeline.Host.Import;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Brings a task folder's images to each institution as its own site would: wrapped as DICOM, parsed, de-identified under the institution's key,
/// decoded, resampled, gated (<see cref="InstanceWay"/>). What the stages refuse does not take part.
/// </summary>
public static class TaskReader
{
    /// <param name="side">Rows and columns of a sample.</param>
    /// <exception cref="InvalidDataException">Fewer than two institutions, or none with images of two classes.</exception>
    public static LearningTask Read(TaskFolder folder, int side, string architecture, CancellationToken stop)
    {
        var wrapper = new ImageWrapper(folder);
        var descriptor = new TaskDescriptor(folder.Modality, "", side, side, folder.Classes, architecture);
        var route = new ChainRoute(folder.Name, "EXPERIMENT", folder.Modality, "", side, side, folder.Classes);
        var refused = new Dictionary<string, int>(StringComparer.Ordinal);
        var sites = new List<SiteImages>();
        foreach (var institution in folder.Images.GroupBy(i => i.Institution, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var samples = Samples(folder, wrapper, route, [.. institution], refused, stop);
            sites.Add(new SiteImages(
                institution.Key, samples, Images(samples, DataSplit.Train, side), Images(samples, DataSplit.Validation, side), Images(samples, DataSplit.Test, side)));
        }

        // An institution without images to learn from takes no part; its test images still count for nobody.
        sites.RemoveAll(s => s.Train.Count == 0);
        if (sites.Count < 2)
            throw new InvalidDataException($"'{folder.Name}' has {sites.Count} institutions with training images; at least 2 are needed");
        return new LearningTask(folder.Name, descriptor, sites, refused);
    }

    private static List<Sample> Samples(
        TaskFolder folder, ImageWrapper wrapper, ChainRoute route, IReadOnlyList<LabelledFile> files, Dictionary<string, int> refused, CancellationToken stop)
    {
        // Fixed by the institution's name, so that splits by patient hash repeat from run to run. A real site draws its key at random.
        var key = new SiteKey(SHA256.HashData(Encoding.UTF8.GetBytes($"pipeline/experiment/{files[0].Institution}")));
        var way = new InstanceWay(new EmbeddedToolkit(), key, ProfileOf(folder), new DicomReadLimits());
        var samples = new List<Sample>(files.Count);
        foreach (var file in files)
        {
            stop.ThrowIfCancellationRequested();
            var outcome = Run(folder, wrapper, way, route, file);
            if (outcome is not InstanceOutcome.Image image)
            {
                string why = outcome switch
                {
                    InstanceOutcome.Quarantined quarantined => quarantined.Reason,
                    InstanceOutcome.OutOfScope other => other.Reason,
                    _ => InstanceOutcome.Why.Failed,
                };
                refused[why] = refused.GetValueOrDefault(why) + 1;
                continue;
            }

            samples.Add(new Sample(
                image.Id, image.Patient, file.Label, file.Split ?? route.Split.Of(image.Patient), image.Height, image.Width, image.Pixels));
        }

        return [.. samples.OrderBy(s => s.Id, StringComparer.Ordinal)];
    }

    /// <summary>Figures are secondary captures, which a site takes where somebody has looked at their kind: here whoever made the task.</summary>
    private static DeidentificationProfile ProfileOf(TaskFolder folder) => folder.IsSecondaryCapture
        ? new DeidentificationProfile { PixelRules = [new PixelRule(folder.Name, folder.Modality, "", "", 0, 0, [])] }
        : new DeidentificationProfile();

    private static InstanceOutcome Run(TaskFolder folder, ImageWrapper wrapper, InstanceWay way, ChainRoute route, LabelledFile file)
    {
        Outcome<GrayImage> read;
        try
        {
            read = GrayImage.Read(Path.Combine(folder.Path, file.File));
        }
        catch (IOException e)
        {
            return new InstanceOutcome.Quarantined(InstanceOutcome.Why.Corrupt, e.Message);
        }

        if (!read.Ok)
            return new InstanceOutcome.Quarantined(InstanceOutcome.Why.Corrupt, read.Fault.ToString());
        byte[] bytes = DicomWriter.WriteDataSet(wrapper.Wrap(file, read.Value, 1), TransferSyntax.ExplicitLittle);
        return way.Run(
            new SpoolRecord(
                0, false, DateTimeOffset.UnixEpoch, 0, "IMPORT", route.AeTitle, wrapper.SopClass, wrapper.InstanceUid(file),
                TransferSyntax.ExplicitLittle.Uid, bytes),
            route);
    }

    private static ImageSet Images(List<Sample> samples, DataSplit split, int side) => ImageSet.Of([.. samples.Where(s => s.Split == split)], side, side);

    /// <summary>"3 constant-image, 1 corrupt".</summary>
    public static string Describe(IReadOnlyDictionary<string, int> refused) => string.Join(
        ", ", refused.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Value} {r.Key}")));
}
