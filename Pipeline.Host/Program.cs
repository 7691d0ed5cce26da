using Pipeline.Host.Commands;

return await CommandLine.InvokeAsync(args, ProgramOperations.All, Terminal.OfProcess());
