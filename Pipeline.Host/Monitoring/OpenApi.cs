using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Monitoring;

/// <summary>The OpenAPI 3.1 document of the status port, made from the types that it answers with, so that it cannot be out of date.</summary>
internal static class OpenApi
{
    public static string Document { get; } = Create().ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    private static JsonObject Create()
    {
        var paths = new JsonObject();
        foreach (var route in StatusRoutes.All)
        {
            var responses = new JsonObject { ["200"] = Response(route.Answers, route.MediaType, route.Schema) };
            if (route.IsHealth)
                responses["503"] = Response("It is not.", route.MediaType, route.Schema);
            if (route.Path.Contains('{', StringComparison.Ordinal))
                responses["404"] = new JsonObject { ["description"] = "There is no such chain." };
            responses["401"] = new JsonObject { ["description"] = "No token, or a wrong one." };
            var operation = new JsonObject { ["summary"] = route.Summary, ["operationId"] = route.Name, ["responses"] = responses };
            if (route.Path.Contains("{chain}", StringComparison.Ordinal))
                operation["parameters"] = new JsonArray(new JsonObject { ["name"] = "chain", ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" } });
            paths[route.Path] = new JsonObject { ["get"] = operation };
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Pipeline site status", ["version"] = ProgramVersion.Release, ["license"] = new JsonObject { ["name"] = "Apache-2.0" } },
            ["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
                ["schemas"] = new JsonObject
                {
                    ["SiteStatus"] = StatusJson.Options.GetJsonSchemaAsNode(typeof(SiteStatus)),
                    ["ChainState"] = StatusJson.Options.GetJsonSchemaAsNode(typeof(ChainState)),
                    ["Health"] = StatusJson.Options.GetJsonSchemaAsNode(typeof(Health)),
                },
            },
        };
    }

    private static JsonObject Response(string description, string mediaType, string? schema)
    {
        var content = new JsonObject { [mediaType] = schema is null ? new JsonObject() : new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" } } };
        return new JsonObject { ["description"] = description, ["content"] = content };
    }
}
