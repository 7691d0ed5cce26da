namespace Pipeline.Host.Monitoring;

/// <param name="Words">What <c>pipeline chain</c> sends the site for the verb: an action, a member, the word <c>erase</c>; files by their content in hexadecimal.</param>
internal sealed record ChainWords(string[]? Words);

/// <param name="Action"><c>release</c> or <c>drop</c>.</param>
/// <param name="Chain">Of the instances; null where none is routed, or where the numbers alone tell.</param>
/// <param name="Instances">As the list of the quarantine numbers them.</param>
/// <param name="Reason">For the audit log.</param>
internal sealed record QuarantineDecision(string? Action, string? Chain, long[]? Instances, string? Reason);

/// <param name="PatientId">(0010,0020); used for the pseudonym and not kept.</param>
/// <param name="Reason">For the audit log.</param>
internal sealed record PatientErasure(string? PatientId, string? Reason);
