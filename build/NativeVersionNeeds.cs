#nullable disable
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Pipeline.Build;

/// <summary>
/// Makes a shared library that was linked on a newer system load on an older one. Version needs of libstdc++ that the library names
/// but hardly uses become weak (VER_FLG_WEAK, LSB Core, "Symbol Versioning"), so that the dynamic linker no longer demands them:
/// GLIBCXX_3.4.32 (GCC 13) is only named, no relocation uses it; GLIBCXX_3.4.30 (GCC 12) is used by condition_variable::wait alone, which
/// is bound to its older version GLIBCXX_3.4.11 instead: every libstdc++ keeps both. MSBuild compiles this file by itself, for a task.
/// </summary>
public static class NativeVersionNeeds
{
    private const int SectionVersym = 0x6fffffff, SectionVerneed = 0x6ffffffe, SectionDynsym = 11, SectionRela = 4;
    private const ushort Weak = 2;
    private const string Library = "libstdc++.so.6", WaitVersion = "GLIBCXX_3.4.11";
    private const string Wait = "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE";

    private static readonly string[] Newer = { "GLIBCXX_3.4.30", "GLIBCXX_3.4.31", "GLIBCXX_3.4.32", "GLIBCXX_3.4.33" };

    /// <summary>
    /// Patches <paramref name="path"/> where it is needed, by writing a new file and renaming it over the old: the old one may be a hard
    /// link to the package cache and is never written to.
    /// </summary>
    /// <returns>Whether the file was replaced.</returns>
    public static bool PatchFile(string path)
    {
        byte[] image = File.ReadAllBytes(path);
        if (!Patch(image))
            return false;
        string fresh = path + "." + Guid.NewGuid().ToString("N") + ".tmp";
        try
        {
            File.WriteAllBytes(fresh, image);
            File.Delete(path);
            File.Move(fresh, path);
        }
        finally
        {
            File.Delete(fresh);
        }

        return true;
    }

    /// <summary>Patches a 64-bit little-endian ELF image in memory; false when there is nothing to do, or it is no such image.</summary>
    public static bool Patch(byte[] image)
    {
        var sections = Sections(image);
        Section versym = null, verneed = null, dynsym = null;
        foreach (var section in sections)
        {
            versym = section.Type == SectionVersym ? section : versym;
            verneed = section.Type == SectionVerneed ? section : verneed;
            dynsym = section.Type == SectionDynsym ? section : dynsym;
        }

        if (versym == null || verneed == null || dynsym == null)
            return false;
        var needs = Needs(image, verneed, sections[verneed.Link]);
        bool changed = Rebind(image, needs, versym, dynsym, sections[dynsym.Link]);
        var used = UsedVersions(image, sections, versym);
        foreach (var need in needs)
        {
            if (Array.IndexOf(Newer, need.Name) < 0 || used.Contains(need.Index) || (U16(image, need.At + 4) & Weak) != 0)
                continue;
            Put16(image, need.At + 4, (ushort)(U16(image, need.At + 4) | Weak));
            changed = true;
        }

        return changed;
    }

    /// <summary>Names of the libstdc++ versions that the image demands (not weak).</summary>
    public static IReadOnlyList<string> Demanded(byte[] image)
    {
        var names = new List<string>();
        var sections = Sections(image);
        foreach (var section in sections)
        {
            if (section.Type != SectionVerneed)
                continue;
            foreach (var need in Needs(image, section, sections[section.Link]))
            {
                if ((U16(image, need.At + 4) & Weak) == 0)
                    names.Add(need.Name);
            }
        }

        return names;
    }

    private static bool Rebind(byte[] image, List<Need> needs, Section versym, Section dynsym, Section names)
    {
        var older = needs.Find(need => need.Name == WaitVersion);
        if (older == null)
            return false;
        bool changed = false;
        for (int i = 0; i < dynsym.Size / 24; i++)
        {
            int version = versym.Offset + 2 * i;
            var bound = needs.Find(need => need.Index == (U16(image, version) & 0x7fff));
            if (bound == null || bound.Name != "GLIBCXX_3.4.30" || Text(image, names.Offset + (int)U32(image, dynsym.Offset + 24 * i)) != Wait)
                continue;
            Put16(image, version, (ushort)older.Index);
            changed = true;
        }

        return changed;
    }

    private static HashSet<int> UsedVersions(byte[] image, List<Section> sections, Section versym)
    {
        var used = new HashSet<int>();
        foreach (var section in sections)
        {
            if (section.Type != SectionRela)
                continue;
            for (int at = section.Offset; at + 24 <= section.Offset + section.Size; at += 24)
                used.Add(U16(image, versym.Offset + 2 * (int)U32(image, at + 12)) & 0x7fff);
        }

        return used;
    }

    private static List<Need> Needs(byte[] image, Section verneed, Section names)
    {
        var needs = new List<Need>();
        for (int at = verneed.Offset; ;)
        {
            bool ours = Text(image, names.Offset + (int)U32(image, at + 4)) == Library;
            int entry = at + (int)U32(image, at + 8);
            for (int count = U16(image, at + 2); ours && count > 0; count--)
            {
                needs.Add(new Need(entry, U16(image, entry + 6), Text(image, names.Offset + (int)U32(image, entry + 8))));
                entry += (int)U32(image, entry + 12);
            }

            if (U32(image, at + 12) == 0)
                return needs;
            at += (int)U32(image, at + 12);
        }
    }

    private static List<Section> Sections(byte[] image)
    {
        var sections = new List<Section>();
        if (image.Length < 64 || U32(image, 0) != 0x464c457f || image[4] != 2 || image[5] != 1)
            return sections;
        int table = (int)BitConverter.ToInt64(image, 0x28), size = U16(image, 0x3a), count = U16(image, 0x3c);
        for (int at = table; sections.Count < count; at += size)
        {
            sections.Add(new Section(
                (int)U32(image, at + 4), (int)BitConverter.ToInt64(image, at + 0x18), (int)BitConverter.ToInt64(image, at + 0x20),
                (int)U32(image, at + 0x28)));
        }

        return sections;
    }

    private static string Text(byte[] image, int at)
    {
        int end = Array.IndexOf(image, (byte)0, at);
        return Encoding.ASCII.GetString(image, at, end - at);
    }

    private static ushort U16(byte[] image, int at) => BitConverter.ToUInt16(image, at);

    private static uint U32(byte[] image, int at) => BitConverter.ToUInt32(image, at);

    private static void Put16(byte[] image, int at, ushort value)
    {
        image[at] = (byte)value;
        image[at + 1] = (byte)(value >> 8);
    }

    private sealed class Section
    {
        public Section(int type, int offset, int size, int link)
        {
            Type = type;
            Offset = offset;
            Size = size;
            Link = link;
        }

        public int Type { get; }

        public int Offset { get; }

        public int Size { get; }

        public int Link { get; }
    }

    /// <summary>One entry of .gnu.version_r: where it lies, the index symbols refer to it by, and its name.</summary>
    private sealed class Need
    {
        public Need(int at, int index, string name)
        {
            At = at;
            Index = index;
            Name = name;
        }

        public int At { get; }

        public int Index { get; }

        public string Name { get; }
    }
}

#if !PIPELINE_TESTS
/// <summary>The MSBuild task around <see cref="NativeVersionNeeds"/>.</summary>
public sealed class PatchNativeVersionNeeds : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public Microsoft.Build.Framework.ITaskItem[] Files { get; set; }

    public override bool Execute()
    {
        foreach (var file in Files)
        {
            string path = file.ItemSpec;
            if (File.Exists(path) && NativeVersionNeeds.PatchFile(path))
                Log.LogMessage(Microsoft.Build.Framework.MessageImportance.Normal, "made newer libstdc++ versions optional in " + path);
        }

        return !Log.HasLoggedErrors;
    }
}
#endif
