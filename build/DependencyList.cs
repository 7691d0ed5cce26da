#nullable disable
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Pipeline.Build;

/// <summary>
/// Writes which packages are in an output folder, with version, licence and home, as their own manifests say: <c>dependencies.csv</c> (RFC 4180).
/// MSBuild compiles this file by itself.
/// </summary>
public sealed class WriteDependencyList : Task
{
    /// <summary>Files that packages brought.</summary>
    [Required]
    public ITaskItem[] Files { get; set; }

    [Required]
    public string Output { get; set; }

    public override bool Execute()
    {
        var rows = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (ITaskItem file in Files)
        {
            string id = file.GetMetadata("NuGetPackageId"), version = file.GetMetadata("NuGetPackageVersion");
            if (id.Length == 0 || rows.ContainsKey(id))
                continue;
            string manifest = Manifest(file.ItemSpec);
            XElement metadata = manifest == null ? null : XDocument.Load(manifest).Root.Elements().FirstOrDefault(e => e.Name.LocalName == "metadata");
            rows[id] = string.Join(",", new[] { id, version, Licence(metadata), Value(metadata, "projectUrl") }.Select(Quote));
        }

        string text = "package,version,licence,home\n" + string.Concat(rows.Values.Select(row => row + "\n"));
        if (!File.Exists(Output) || File.ReadAllText(Output) != text)
            File.WriteAllText(Output, text, new UTF8Encoding(false));
        return true;
    }

    private static string Manifest(string file)
    {
        for (DirectoryInfo folder = new FileInfo(file).Directory; folder != null; folder = folder.Parent)
        {
            if (folder.GetFiles("*.nuspec").FirstOrDefault() is FileInfo found)
                return found.FullName;
        }

        return null;
    }

    /// <summary>An SPDX expression where there is one; else where the licence is.</summary>
    private static string Licence(XElement metadata)
    {
        XElement licence = metadata?.Elements().FirstOrDefault(e => e.Name.LocalName == "license");
        if (licence == null)
            return Value(metadata, "licenseUrl");
        return (string)licence.Attribute("type") == "file" ? "file " + licence.Value.Trim() : licence.Value.Trim();
    }

    private static string Value(XElement metadata, string name) => metadata?.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim() ?? "";

    private static string Quote(string text) => text.IndexOfAny(new[] { ',', '"', '\n' }) < 0 ? text : "\"" + text.Replace("\"", "\"\"") + "\"";
}
