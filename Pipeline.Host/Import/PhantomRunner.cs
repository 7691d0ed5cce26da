using System.Globalization;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Host.Commands;
using Pipeline.Host.Demo;
using Pipeline.Host.Demo.Phantoms;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Import;

/// <summary>Runs <c>pipeline dicom phantoms</c>: a hospital's drawn chest radiographs as DICOM files, with their labels, to try a consortium with.</summary>
public static class PhantomRunner
{
    /// <exception cref="CommandFailedException">The folder holds something, or cannot be written.</exception>
    public static Task<int> RunAsync(PhantomRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            if (Directory.Exists(request.Folder) && Directory.EnumerateFileSystemEntries(request.Folder).Any())
                throw new CommandFailedException($"'{request.Folder}' is not empty: give a folder of its own, or remove it");
            // Beside the folder: whoever sends the folder sends images alone.
            string labelFile = request.Folder + ".csv", finding = request.Task.Finding.ToString().ToLowerInvariant(), cohort = $"{finding}-{request.Seed}";
            var labels = new StringBuilder("sop_instance_uid,label\n");
            int[] counts = [0, 0];
            try
            {
                Directory.CreateDirectory(request.Folder);
                foreach (var image in new PhantomGenerator(Profile(request.Hospital), request.Task, (ulong)request.Seed).Cohort(request.Count))
                {
                    stop.ThrowIfCancellationRequested();
                    string uid = PhantomDicom.InstanceUid(image, request.Hospital, cohort);
                    File.WriteAllBytes(
                        Path.Combine(request.Folder, uid + ".dcm"), DicomWriter.WriteFile(PhantomDicom.Wrap(image, request.Hospital, cohort)));
                    labels.Append(CultureInfo.InvariantCulture, $"{uid},{(image.Label == 0 ? "no-" : "")}{finding}\n");
                    counts[image.Label]++;
                }

                File.WriteAllText(labelFile, labels.ToString());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandFailedException($"cannot write to '{request.Folder}': {e.Message}", e);
            }

            terminal.Out.Profile.Out.Writer.WriteLine(
                $"{request.Hospital}: {counts[1]} images with {finding}, {counts[0]} without, in {request.Folder}; labels: {labelFile}");
            return ExitCode.Ok;
        },
        stop);

    /// <summary>One of the demo's hospitals, under another name.</summary>
    private static HospitalProfile Profile(string hospital)
    {
        var known = DemoProfile.Full.Hospitals;
        return known[Digest.Of(Encoding.UTF8.GetBytes(hospital)).ToArray()[0] % known.Count] with { Id = hospital };
    }
}
