using System.Reflection;
using Microsoft.Playwright;
using Pipeline.Host.Monitoring;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>
/// The status page in the system's Chromium. With <c>PIPELINE_IMAGES=docs/images</c> in the environment its pictures are written there, as the documents have them.
/// </summary>
public sealed class StatusPageBrowserTests(ITestOutputHelper output)
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    [Fact]
    public async Task The_page_shows_chains_curves_peers_and_quarantine_and_asks_for_nothing_else()
    {
        if (Browsers.FirstOrDefault(File.Exists) is not { } browser)
        {
            output.WriteLine("PEER MISSING: no Chromium is installed; the status page is NOT CHECKED in a browser.");
            return;
        }

        Environment.SetEnvironmentVariable("PLAYWRIGHT_DRIVER_SEARCH_PATH", typeof(StatusPageBrowserTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "PlaywrightDriver").Value);
        await using var server = await StatusServerTests.StartAsync(openHealth: true, () => SampleSite.Status);
        using var playwright = await Playwright.CreateAsync();
        await using var chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = browser, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var context = await chromium.NewContextAsync(new BrowserNewContextOptions
            {
                ColorScheme = scheme,
                ViewportSize = new ViewportSize { Width = 1240, Height = 900 },
                HttpCredentials = new HttpCredentials { Username = "operator", Password = StatusServerTests.Token },
            });
            var page = await context.NewPageAsync();
            var asked = new List<string>();
            var complaints = new List<string>();
            page.Request += (_, request) => asked.Add(new Uri(request.Url).AbsolutePath);
            page.Console += (_, message) => complaints.Add(message.Text);
            var response = await page.GotoAsync(server.Address.ToString());
            Assert.Equal(200, response!.Status);
            Assert.Equal("north-hospital", await page.TitleAsync());
            Assert.Equal(["chest-opacity", "bone-age", "ct-nodule"], await page.Locator("h2").AllInnerTextsAsync());
            Assert.Equal(2, await page.Locator("svg polyline.loss").CountAsync());
            Assert.True((await page.Locator("svg").First.BoundingBoxAsync())!.Height > 100);
            Assert.True(await page.GetByText("burned-in-text").IsVisibleAsync());
            Assert.True(await page.GetByText("gateway.west.example:7443").IsVisibleAsync());
            Assert.Equal("not ready", await page.Locator("header .pill").InnerTextAsync());
            Assert.False(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth > window.innerWidth"), "the page is wider than its window");
            string paper = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
            Assert.Equal(scheme == ColorScheme.Light ? "rgb(244, 246, 249)" : "rgb(13, 18, 24)", paper);
            Assert.DoesNotContain(complaints, text => !text.Contains("favicon", StringComparison.Ordinal));
            Assert.All(asked, path => Assert.Contains(path, new[] { "/", "/favicon.ico" }));
            byte[] picture = await page.ScreenshotAsync(new PageScreenshotOptions { FullPage = true });
            Assert.True(picture.Length > 20_000);
            if (Environment.GetEnvironmentVariable("PIPELINE_IMAGES") is { Length: > 0 } folder)
                await File.WriteAllBytesAsync(Path.Combine(Repository.Folder(folder), $"status-page-{scheme.ToString().ToLowerInvariant()}.png"), picture);
        }
    }
}
