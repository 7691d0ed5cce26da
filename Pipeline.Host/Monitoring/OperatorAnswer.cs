using Microsoft.AspNetCore.Http;
using Pipeline.Host.Control;

namespace Pipeline.Host.Monitoring;

/// <summary>What an operation over the status port came to.</summary>
/// <param name="Status">Of HTTP (RFC 9110 §15).</param>
internal sealed record OperatorAnswer(int Status, ControlResponse Response)
{
    public static OperatorAnswer Of(ControlResponse response) => new(response.Done ? StatusCodes.Status200OK : StatusCodes.Status409Conflict, response);

    /// <summary>The site says no.</summary>
    public static OperatorAnswer Refused(string reason) => Of(ControlResponse.Refuse(reason));

    /// <summary>What was sent is not what is taken; nothing was begun.</summary>
    public static OperatorAnswer Malformed(string fault) => new(StatusCodes.Status400BadRequest, ControlResponse.Refuse(fault));

    /// <summary>It could not be done.</summary>
    public static OperatorAnswer Failed(string reason) => new(StatusCodes.Status500InternalServerError, ControlResponse.Refuse(reason));
}
