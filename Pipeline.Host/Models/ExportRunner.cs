using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Models;

/// <summary>Runs <c>pipeline export</c>: a finished chain's models out of a site's folder, checked against the chain, with a card made from it.</summary>
public static class ExportRunner
{
    public static Task<int> RunAsync(ExportRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            var folder = new ChainFolder(request.DataDirectory, request.Chain);
            string global = Path.Combine(folder.Training, TrainingActor.GlobalModelFile), personal = Path.Combine(folder.Training, TrainingActor.PersonalModelFile);
            if (!File.Exists(global))
                throw new CommandFailedException($"there is no {global}: this site has not ended the training of '{request.Chain}' yet");
            var file = ModelFile.Read(global);
            if (!file.Ok)
                throw new CommandFailedException(file.Fault.Message);
            if (!LedgerReader.TryOpen(folder.Journal(null), out var reader, out string? fault))
                throw new CommandFailedException($"{folder.JournalFile}: {fault}");
            var learning = Canonical.Decode<LearningGenesis>(reader.Genesis.Application);
            var provenance = new LedgerProvenance();
            var metrics = new Dictionary<string, MetricsReported>(StringComparer.Ordinal);
            foreach (var block in reader.Blocks())
            {
                stop.ThrowIfCancellationRequested();
                provenance.Take(block);
                foreach (var reported in (block.Outcome?.Events ?? []).OfType<MetricsReported>())
                    metrics[reported.Member] = reported;
            }

            var model = provenance.Find(file.Value.Facts.GetValueOrDefault("model") ?? "?")
                ?? throw new CommandFailedException($"the chain knows no model {file.Value.Facts.GetValueOrDefault("model")}, which {global} says it is");
            var backbone = BackbonePayload.FromModel(FixedPointModel.FromFloats(learning.Layout, file.Value.Model.Weights)).Digest;
            if (backbone != model.Backbone)
                throw new CommandFailedException($"{global} is not what the members attested: its backbone is {backbone.Short}, theirs {model.Backbone.Short}");
            Directory.CreateDirectory(request.OutputDirectory);
            File.Copy(global, Path.Combine(request.OutputDirectory, TrainingActor.GlobalModelFile), overwrite: true);
            if (File.Exists(personal))
                File.Copy(personal, Path.Combine(request.OutputDirectory, TrainingActor.PersonalModelFile), overwrite: true);
            ReportFile.Write(
                Path.Combine(request.OutputDirectory, "model-card.md"),
                ModelCard.Of(
                    reader.Genesis, learning, model, provenance.LineageOf(model),
                    [.. metrics.Values.Where(m => m.Round == model.Round).OrderBy(m => m.Member, StringComparer.Ordinal)]));
            terminal.Out.Profile.Out.Writer.WriteLine($"model {model.Model.Short} of round {model.Round} with its card in {request.OutputDirectory}");
            return ExitCode.Ok;
        },
        stop);
}
