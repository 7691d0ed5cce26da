using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Pipeline.Host.Control;
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
            if (route.IsOperation)
            {
                paths[route.Path] = new JsonObject { ["post"] = Operation(route) };
                continue;
            }

            var responses = new JsonObject { ["200"] = Response(route.Answers, route.MediaType, route.Schema) };
            if (route.IsHealth)
                responses["503"] = Response("It is not.", route.MediaType, route.Schema);
            if (route.Path.Contains('{', StringComparison.Ordinal))
                responses["404"] = new JsonObject { ["description"] = "There is no such chain." };
            responses["401"] = new JsonObject { ["description"] = "No token, or a wrong one." };
            responses["403"] = new JsonObject { ["description"] = "A token of the identity provider without a role that reads." };
            var operation = new JsonObject { ["summary"] = route.Summary, ["operationId"] = route.Name, ["responses"] = responses };
            Parameters(route, operation);
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
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "pipeline.status.token-file, or pipeline.status.oidc with the readers' role: reads." },
                    ["operatorToken"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "pipeline.status.operator-token-file, or pipeline.status.oidc with the operators' role: reads and changes." },
                },
                ["schemas"] = new JsonObject
                {
                    ["SiteStatus"] = StatusJson.Options.GetJsonSchemaAsNode(typeof(SiteStatus)),
                    ["ChainState"] = StatusJson.Options.GetJsonSchemaAsNode(typeof(ChainState)),
                    ["Health"] = StatusJson.Options.GetJsonSchemaAsNode(typeof(Health)),
                    ["OperationResult"] = StatusJson.Options.GetJsonSchemaAsNode(typeof(ControlResponse)),
                    ["ChainWords"] = StatusJson.Requests.GetJsonSchemaAsNode(typeof(ChainWords)),
                    ["QuarantineDecision"] = StatusJson.Requests.GetJsonSchemaAsNode(typeof(QuarantineDecision)),
                    ["PatientErasure"] = StatusJson.Requests.GetJsonSchemaAsNode(typeof(PatientErasure)),
                },
            },
        };
    }

    private static JsonObject Operation(StatusRoute route)
    {
        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["operationId"] = route.Name,
            ["security"] = new JsonArray(new JsonObject { ["operatorToken"] = new JsonArray() }),
            ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(route.MediaType, route.Request) },
            ["responses"] = new JsonObject
            {
                ["200"] = Response(route.Answers, route.MediaType, route.Schema),
                ["400"] = Response("The body, or the name in the path, is not of that form; it says which field and what it takes.", route.MediaType, route.Schema),
                ["401"] = new JsonObject { ["description"] = "Not the operator's token." },
                ["403"] = new JsonObject { ["description"] = "A token of the identity provider without the operators' role." },
                ["405"] = new JsonObject { ["description"] = "Operations are off (pipeline.status.operations)." },
                ["409"] = Response("The site refused, with the reason.", route.MediaType, route.Schema),
                ["413"] = Response("The body is too large.", route.MediaType, route.Schema),
                ["500"] = Response("It could not be done, with the reason, which the site's log has too.", route.MediaType, route.Schema),
            },
        };
        Parameters(route, operation);
        return operation;
    }

    private static void Parameters(StatusRoute route, JsonObject operation)
    {
        if (route.Path.Contains("{chain}", StringComparison.Ordinal))
            operation["parameters"] = new JsonArray(new JsonObject { ["name"] = "chain", ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" } });
    }

    private static JsonObject Response(string description, string mediaType, string? schema) =>
        new() { ["description"] = description, ["content"] = Content(mediaType, schema) };

    private static JsonObject Content(string mediaType, string? schema) => new()
    {
        [mediaType] = schema is null ? new JsonObject() : new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" } },
    };
}
