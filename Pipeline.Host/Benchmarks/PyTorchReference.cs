using System.Diagnostics;
using System.Globalization;

namespace Pipeline.Host.Benchmarks;

/// <summary>PyTorch's eager loop on <c>residual-cnn-small</c>, where a <c>python3</c> with torch is installed.</summary>
internal static class PyTorchReference
{
    /// <summary>Side, batch, threads and steps are its arguments; it prints steps a second.</summary>
    private const string Script =
        """
        import sys, time
        import torch, torch.nn as nn, torch.nn.functional as F
        side, batch, threads, steps = map(int, sys.argv[1:])
        torch.set_num_threads(threads)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                shape = [(1, 16, 5), (16, 32, 3), (32, 32, 3), (32, 32, 3), (32, 64, 3), (64, 64, 3), (64, 64, 3)]
                self.convs = nn.ModuleList(nn.Conv2d(i, o, k, padding=k // 2, stride=2 if i != o else 1, bias=False) for i, o, k in shape)
                self.norms = nn.ModuleList(nn.GroupNorm(8, o) for _, o, _ in shape)
                self.head = nn.Linear(64, 2)
            def layer(self, n, x): return self.norms[n](self.convs[n](x))
            def forward(self, x):
                x = F.relu(self.layer(0, x))
                for n in (1, 4):
                    x = F.relu(self.layer(n, x))
                    x = F.relu(x + self.layer(n + 2, F.relu(self.layer(n + 1, x))))
                return self.head(x.mean((2, 3)) + x.amax((2, 3)))
        net = Net()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=1e-4)
        data, labels = torch.randn(2 * batch, 1, side, side), torch.arange(2 * batch) % 2
        def run(count):
            for step in range(count):
                at = torch.randperm(2 * batch)[:batch]
                optimizer.zero_grad(set_to_none=True)
                F.cross_entropy(net(data[at]), labels[at]).backward()
                optimizer.step()
        run(max(3, steps // 4))
        begun = time.perf_counter()
        run(steps)
        print(steps / (time.perf_counter() - begun))
        """;

    private static readonly string[] Interpreters = ["python3", "/usr/bin/python3"];

    /// <summary>Null where no interpreter has torch.</summary>
    public static double? StepsPerSecond(TrainingWorkload workload)
    {
        foreach (string interpreter in Interpreters)
        {
            if (Run(interpreter, workload) is { } rate)
                return rate;
        }

        return null;
    }

    private static double? Run(string interpreter, TrainingWorkload workload)
    {
        var start = new ProcessStartInfo(interpreter) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        foreach (int argument in new[] { workload.Side, workload.Batch, workload.Threads, workload.Steps })
            start.ArgumentList.Add(argument.ToString(CultureInfo.InvariantCulture));
        try
        {
            using var process = Process.Start(start)!;
            // What it complains about, for instance that there is no torch, is of no use here.
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 && double.TryParse(output.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) ? rate : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
