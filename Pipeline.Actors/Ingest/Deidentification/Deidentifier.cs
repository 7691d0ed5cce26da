using System.Buffers;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>
/// The Basic Application Level Confidentiality Profile (PS3.15 annex E) with the options of a site. Stricter than the profile where its table is silent: names,
/// free text, dates, addresses, unknown and opaque values go too, and so does any text that repeats a name or number of this patient. UIDs, patient id and
/// date shifts come from the site key, so they agree over all instances of a site and say nothing without the key.
/// </summary>
public sealed class Deidentifier(SiteKey key, DeidentificationProfile profile)
{
    private const string StandardUids = "1.2.840.10008.";

    /// <summary>Digits of a pseudonym that stand in a person name.</summary>
    private const int ShownDigits = 16;

    /// <summary>Bulk data that is geometry, samples or look-up tables; other opaque bytes may be anything.</summary>
    private static readonly ushort[] BulkGroups = [0x0028, 0x0066, 0x006A, 0x5400, 0x7FE0];

    /// <summary>UIDs that name a class, a coding scheme or a template, not an object of this site; vendors have such of their own.</summary>
    private static readonly DicomTag[] ClassUids =
    [
        DicomTags.SopClassUid, new(0x0008, 0x001A), new(0x0008, 0x001B), new(0x0008, 0x0062), new(0x0008, 0x010C), new(0x0008, 0x0117),
        new(0x0008, 0x0118), DicomTags.ReferencedSopClassUid, new(0x0008, 0x115A),
    ];

    /// <summary>Values a decoder needs; a patient called by one of them is not identified by it.</summary>
    private static readonly DicomTag[] Technical = [DicomTags.SpecificCharacterSet, DicomTags.Modality];

    /// <summary>Of DS and IS (PS3.5 6.2), and the backslash between values.</summary>
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789+-.eE \\");

    /// <summary>Of DA, DT and TM, an offset from UTC and the forms of before 1993 (PS3.5 6.2).</summary>
    private static readonly SearchValues<char> TimeCharacters = SearchValues.Create("0123456789+-.: \\");

    private readonly HashSet<PrivateAttribute> _safe = [.. PrivateAttribute.Safe, .. profile.SafePrivate];

    /// <summary>A new data set without identity; the input is left as it is.</summary>
    /// <param name="pixelsCleaned">Text in the pixels was blackened, or a rule says that there is none.</param>
    public DeidentifiedInstance Apply(DicomDataSet original, bool pixelsCleaned = false)
    {
        string? patient = original.Text(DicomTags.PatientId);
        var pass = new Pass(this, original, patient ?? original.Text(DicomTags.StudyInstanceUid) ?? "");
        DicomDataSet clean = pass.Clean(original, original.Text(DicomTags.SopClassUid) ?? "", "");
        if (patient is not null)
        {
            // LO holds 64 characters: a pseudonym fills it exactly.
            string pseudonym = key.Pseudonym(PseudonymKind.Patient, patient);
            clean.Set(DicomTags.PatientId, pseudonym).Set(DicomTags.PatientName, $"Patient^{pseudonym[..ShownDigits]}");
        }
        Declare(clean, pixelsCleaned);
        return new DeidentifiedInstance(clean, pass.Changes);
    }

    private void Declare(DicomDataSet clean, bool pixelsCleaned)
    {
        DeidentificationOption options = profile.Options;
        if (!pixelsCleaned)
            options &= ~DeidentificationOption.CleanPixelData;
        else if (clean.Contains(DicomTags.PixelData))
            clean.Set(DicomTags.BurnedInAnnotation, "NO");
        string dates = options.HasFlag(DeidentificationOption.RetainFullDates) ? "UNMODIFIED"
            : options.HasFlag(DeidentificationOption.RetainModifiedDates) ? "MODIFIED" : "REMOVED";
        clean.Set(DicomTags.PatientIdentityRemoved, "YES")
            .Set(DicomTags.DeidentificationMethod, "PS3.15 annex E, pseudonyms by HMAC-SHA256")
            .Set(DicomTags.LongitudinalTemporalInformationModified, DicomVR.CS, Encoding.ASCII.GetBytes(dates))
            .Set(DicomTags.DeidentificationMethodCodeSequence,
            [
                Code(DeidentificationOptions.BasicProfileCode, "Basic Application Confidentiality Profile"),
                .. DeidentificationOptions.CodesOf(options).Select(code => Code(code.Code, code.Meaning)),
            ]);
    }

    private static DicomDataSet Code(string value, string meaning) => new DicomDataSet()
        .Set(DicomTags.CodeValue, value).Set(DicomTags.CodingSchemeDesignator, "DCM").Set(DicomTags.CodeMeaning, meaning);

    /// <summary>One instance being cleaned.</summary>
    private sealed class Pass(Deidentifier owner, DicomDataSet original, string dateOwner)
    {
        private readonly IdentityWords _identity = new(original);
        private readonly List<AttributeChange> _changes = [];

        public IReadOnlyList<AttributeChange> Changes => _changes;

        public DicomDataSet Clean(DicomDataSet source, string sopClass, string path)
        {
            var clean = new DicomDataSet();
            foreach (DicomElement written in source.Elements)
            {
                DicomElement element = UnknownVR.Resolve(written);
                string at = path + element.Tag;
                (ProfileAction action, ChangeReason why) = Judge(element, source, sopClass);
                if (Act(element, action, at) is not { } kept)
                {
                    _changes.Add(new AttributeChange(at, ProfileAction.Remove, why));
                    continue;
                }
                if (action != ProfileAction.Keep && !ReferenceEquals(kept, element))
                    _changes.Add(new AttributeChange(at, action, why));
                clean.Set(kept);
            }
            return clean;
        }

        private static bool IsCreator(DicomTag tag) => tag is { IsPrivate: true, Element: >= 0x10 and <= 0xFF };

        private (ProfileAction Action, ChangeReason Why) Judge(DicomElement element, DicomDataSet source, string sopClass)
        {
            if (element.Tag.IsPrivate)
                return (OfPrivate(element, source), ChangeReason.Private);
            if (ConfidentialityTable.Find(element.Tag, sopClass, owner.Options) is { } action)
            {
                // Characteristics and devices that an option keeps may still be free text with a name in it.
                return action == ProfileAction.Keep && !Harmless(element, source) ? (ProfileAction.Dummy, ChangeReason.Identity) : (action, ChangeReason.Table);
            }
            ProfileAction byVR = OfVR(element);
            if (byVR != ProfileAction.Keep)
                return (byVR, ChangeReason.ValueRepresentation);
            return Harmless(element, source) ? (ProfileAction.Keep, ChangeReason.Table) : (ProfileAction.Dummy, ChangeReason.Identity);
        }

        private ProfileAction OfPrivate(DicomElement element, DicomDataSet source)
        {
            if (!owner.Options.HasFlag(DeidentificationOption.RetainSafePrivate))
                return ProfileAction.Remove;
            if (IsCreator(element.Tag))
                return owner._safe.Any(safe => safe.Group == element.Tag.Group && safe.Creator == source.Text(element.Tag))
                    ? ProfileAction.Keep : ProfileAction.Remove;
            return PrivateAttribute.Of(element.Tag, source) is { } attribute && owner._safe.Contains(attribute) && Harmless(element, source)
                ? ProfileAction.Keep : ProfileAction.Remove;
        }

        private ProfileAction OfVR(DicomElement element) => element.VR switch
        {
            // Overlays draw text; without their data (which the table removes) the rest of the group describes nothing.
            _ when element.Tag.Group is >= 0x6000 and <= 0x60FF => ProfileAction.Remove,
            DicomVR.SQ => ProfileAction.Keep,
            DicomVR.UN or DicomVR.None => ProfileAction.Remove,
            // A dummy, since only the table knows where an IOD can do without.
            DicomVR.PN or DicomVR.LT or DicomVR.ST or DicomVR.UT or DicomVR.UR or DicomVR.AE => ProfileAction.Dummy,
            DicomVR.DA or DicomVR.DT or DicomVR.TM when owner.Options.HasFlag(DeidentificationOption.RetainFullDates) => ProfileAction.Keep,
            DicomVR.DA or DicomVR.DT or DicomVR.TM when owner.Options.HasFlag(DeidentificationOption.RetainModifiedDates) => ProfileAction.ShiftDate,
            DicomVR.DA or DicomVR.DT or DicomVR.TM => ProfileAction.Dummy,
            DicomVR.UI when owner.Options.HasFlag(DeidentificationOption.RetainUids) || ClassUids.Contains(element.Tag) => ProfileAction.Keep,
            DicomVR.UI => ProfileAction.Uid,
            DicomVR.OB or DicomVR.OW or DicomVR.OF or DicomVR.OD or DicomVR.OL or DicomVR.OV when !BulkGroups.Contains(element.Tag.Group) =>
                ProfileAction.Remove,
            _ => ProfileAction.Keep,
        };

        /// <summary>Whether a value that would stay says nothing about who the patient is.</summary>
        private bool Harmless(DicomElement element, DicomDataSet source)
        {
            if (element.Items is not null || element.Fragments is not null || !element.VR.IsText() || Technical.Contains(element.Tag))
                return true;
            string? text = source.Text(element.Tag);
            return text is null || element.VR switch
            {
                DicomVR.UI => true,
                // Numbers and dates are no place for words; what is neither is replaced rather than understood.
                DicomVR.DS or DicomVR.IS => text.AsSpan().IndexOfAnyExcept(NumberCharacters) < 0,
                DicomVR.DA or DicomVR.DT or DicomVR.TM => IsTime(text),
                _ => !_identity.AnyIn(text),
            };
        }

        /// <returns>Null where the attribute goes.</returns>
        private DicomElement? Act(DicomElement element, ProfileAction action, string path)
        {
            if (action == ProfileAction.Remove)
                return null;
            if (element.Items is { } items)
            {
                // What is inside has rows of its own in the table, UIDs among them.
                return action == ProfileAction.Empty
                    ? element with { Items = [] }
                    : element with { Items = [.. items.Select(item => Clean(item, "", path + "."))] };
            }
            if (element.Fragments is { } fragments)
                return element with { Fragments = [.. fragments.Select(CompressedMetadata.Clean)] };
            if (action == ProfileAction.Keep || element.Value.IsEmpty)
                return element.Tag == DicomTags.PixelData ? UnusedBits.Clear(element, original) : element;
            return action switch
            {
                ProfileAction.Uid => Mapped(element),
                ProfileAction.Dummy when element.VR == DicomVR.UI => Mapped(element),
                ProfileAction.ShiftDate => Shifted(element),
                ProfileAction.Empty => new DicomElement(element.Tag, element.VR, ReadOnlyMemory<byte>.Empty),
                _ => new DicomElement(element.Tag, element.VR, DummyValue.Of(element.VR)),
            };
        }

        private static bool IsTime(string text) => text.AsSpan().IndexOfAnyExcept(TimeCharacters) < 0;

        private DicomElement Mapped(DicomElement element)
        {
            string[] uids = Encoding.ASCII.GetString(element.Value.Span).Split('\\');
            for (int i = 0; i < uids.Length; i++)
            {
                string uid = uids[i].Trim(' ', '\0');
                if (uid.Length > 0 && !uid.StartsWith(StandardUids, StringComparison.Ordinal))
                    uids[i] = owner.UidOf(uid);
            }
            return new DicomElement(element.Tag, DicomVR.UI, Encoding.ASCII.GetBytes(string.Join('\\', uids)));
        }

        private DicomElement Shifted(DicomElement element)
        {
            string text = Encoding.ASCII.GetString(element.Value.Span).Trim(' ', '\0');
            if (element.VR is not (DicomVR.DA or DicomVR.DT))
                return IsTime(text) ? element : new DicomElement(element.Tag, element.VR, DummyValue.Of(element.VR));
            string? moved = IsTime(text) ? DummyValue.Shift(text, owner.DaysOf(dateOwner)) : null;
            return new DicomElement(element.Tag, element.VR, moved is null ? DummyValue.Of(element.VR) : Encoding.ASCII.GetBytes(moved));
        }
    }

    private DeidentificationOption Options => profile.Options;

    private string UidOf(string uid) => key.Uid(uid);

    private int DaysOf(string patient) => key.DateShift(patient);
}
