using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>The names of PS3.5 annexes H, I, J and K.</summary>
public sealed class CharacterSetTests
{
    [Theory]
    [InlineData("\\ISO 2022 IR 87", "Yamada^Tarou=^[$B;3ED^[(B^^[$BB@O:^[(B=^[$B$d$^$@^[(B^^[$B$?$m$&^[(B", "Yamada^Tarou=山田^太郎=やまだ^たろう")]
    [InlineData("\\ISO 2022 IR 149", "Hong^Gildong=^[$)C\u00fb\u00f3^^[$)C\u00d1\u00ce\u00d4\u00d7=^[$)C\u00c8\u00ab^^[$)C\u00b1\u00e6\u00b5\u00bf", "Hong^Gildong=洪^吉洞=홍^길동")]
    [InlineData("ISO_IR 192", "Wang^XiaoDong=\u00e7\u008e\u008b^\u00e5\u00b0\u008f\u00e6\u009d\u00b1=", "Wang^XiaoDong=王^小東=")]
    [InlineData("GB18030", "Wang^XiaoDong=\u00cd\u00f5^\u00d0\u00a1\u00b6\u00ab=", "Wang^XiaoDong=王^小东=")]
    [InlineData("\\ISO 2022 IR 58", "Zhang^XiaoDong=^[$)A\u00d5\u00c5^^[$)A\u00d0\u00a1\u00b6\u00ab=", "Zhang^XiaoDong=张^小东=")]
    [InlineData("ISO 2022 IR 13\\ISO 2022 IR 87", "\u00d4\u00cf\u00c0\u00de^\u00c0\u00db\u00b3=^[$B;3ED^[(J^^[$BB@O:^[(J=^[$B$d$^$@^[(J^^[$B$?$m$&^[(J", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう")]
    [InlineData("ISO_IR 100", "Buc^J\u00e9r\u00f4me", "Buc^Jérôme")]
    [InlineData("ISO-IR 100", "Buc^J\u00e9r\u00f4me", "Buc^Jérôme")]
    [InlineData("ISO_IR 126", "\u00c4\u00e9\u00ef\u00ed\u00f5\u00f3\u00e9\u00ef\u00f2", "Διονυσιος")]
    [InlineData("ISO_IR 144", "\u00bb\u00ee\u00daceyp\u00d3", "Люкceypг")]
    [InlineData("ISO 2022 IR 100\\ISO 2022 IR 126", "D\u00fcrer^^[-F\u00c4\u00e9\u00ef\u00ed^\u00fc", "Dürer^Διον^ü")]
    public void Names_read_as_the_standard_prints_them(string characterSet, string bytes, string expected)
    {
        // ^[ stands for ESC where a set follows.
        byte[] value = Encoding.Latin1.GetBytes(bytes.Replace("^[$", "\u001b$", StringComparison.Ordinal)
            .Replace("^[(", "\u001b(", StringComparison.Ordinal).Replace("^[-", "\u001b-", StringComparison.Ordinal));
        DicomDataSet dataSet = new DicomDataSet().Set(DicomTags.SpecificCharacterSet, characterSet).Set(DicomTags.PatientName, DicomVR.PN, value);
        Assert.Equal(expected, dataSet.Text(DicomTags.PatientName));
    }

    [Fact]
    public void A_caret_that_is_half_a_character_is_no_delimiter()
    {
        // 愛 is 30 26 in JIS X 0208, and 沢 is 42 74; the set holds 5E as a second byte too: 渠 35 7E, 迚 6D 5E.
        byte[] value = [0x1B, (byte)'$', (byte)'B', 0x6D, 0x5E, 0x30, 0x26, 0x1B, (byte)'(', (byte)'B'];
        DicomDataSet dataSet = new DicomDataSet().Set(DicomTags.SpecificCharacterSet, "\\ISO 2022 IR 87").Set(DicomTags.PatientName, DicomVR.PN, value);
        Assert.Equal(2, dataSet.Text(DicomTags.PatientName)!.Length);
        Assert.EndsWith("愛", dataSet.Text(DicomTags.PatientName)!, StringComparison.Ordinal);
    }
}
