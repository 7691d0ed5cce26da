using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Site;

/// <summary>The routes of a site's chains, by its configuration and by the genesis where there is one.</summary>
internal static class SiteRoutes
{
    /// <exception cref="CommandFailedException">The chain's label values do not fit its classes.</exception>
    public static ChainRoute Of(ChainSettings settings, Genesis? genesis, SiteIdentity identity)
    {
        var task = GenesisFile.TaskOf(genesis);
        var classes = task?.Classes ?? settings.Classes;
        var route = new ChainRoute(settings.Name, settings.AeTitle, "", "", task?.Height ?? settings.Height, task?.Width ?? settings.Width, classes)
        {
            Split = new SplitFractions(settings.ValidationShare, settings.TestShare),
            MiddleOfSeries = settings.Scope.MiddleOfSeries,
            OwnLabels = settings.Scope.LabelAttribute is not { } attribute ? null
                : AttributeLabels.Parse(attribute, settings.Scope.LabelValues, classes)
                    ?? throw new CommandFailedException(
                        $"pipeline.chains.{settings.Name}.label-values names a value twice, or a class that is none of {string.Join(", ", classes)}")
                    { ExitCode = ExitCode.Usage },
            Labels = settings.LabelsFile is { } file ? new CsvLabelSource(file, classes, identity.SiteKey) : null,
        };
        return Scoped(route, settings, genesis);
    }

    /// <summary>A route with what a chain's settings say of eligible images and of when a series is whole.</summary>
    public static ChainRoute Scoped(ChainRoute route, ChainSettings settings, Genesis? genesis)
    {
        var task = GenesisFile.TaskOf(genesis);
        return route with
        {
            Modality = settings.Modality ?? task?.Modality ?? "",
            BodyPart = settings.Scope.BodyPart ?? task?.BodyPart ?? "",
            Views = settings.Scope.Views,
            SopClasses = settings.Scope.SopClasses,
            Rules = settings.Scope.Rules,
            StableAfter = settings.Scope.StableAfter,
        };
    }

    public static string Titles(SiteSettings site)
    {
        var titles = site.Chains.Select(chain => $"{chain.AeTitle} → {chain.Name}").ToList();
        if (site.Chains.All(chain => chain.AeTitle != site.Dicom.AeTitle))
            titles.Add($"{site.Dicom.AeTitle} → C-ECHO alone");
        return string.Join(", ", titles);
    }

    public static string Describe(ChainSettings settings, ChainRoute route) =>
        $"chain {route.Chain}: samples of {route.Height} × {route.Width}, classes {string.Join(", ", route.Classes)}; " + (settings.LabelsFile is { } labels
            ? $"labels from {labels}"
            : settings.Scope.LabelAttribute is { } attribute ? $"labels from attribute {attribute} of the images"
            : $"no label file is configured (pipeline.chains.{route.Chain}.labels), so images wait without a label");
}
