using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Spool;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>A server's sink that is a spool and nothing behind it.</summary>
internal sealed class SpoolSink(InstanceSpool spool, params string[] titles) : IInstanceSink
{
    public bool Recognizes(string calledAe) => titles.Contains(calledAe);

    public bool Stores(string calledAe) => true;

    public bool Congested => spool.Low;

    public IInstanceUpload BeginUpload() => spool.BeginUpload();

    public bool Holds(string sopInstanceUid) => spool.Holds(sopInstanceUid);
}
