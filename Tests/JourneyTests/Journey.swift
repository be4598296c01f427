// What all journeys share: a gateway with stubs around a test's body, and what every error must look like.

import Configuration
import StubUpstreams
import Support
import Testing

/// Runs `body` with a gateway in front of stubs, and stops both whatever becomes of it.
func withGateway(
    script: Script = Script(), configuration: (String) -> String = { $0 },
    settings: (inout Settings) -> Void = { $0.tryOnce() }, log: LogLines? = nil,
    _ body: (RunningGateway) async throws -> Void
) async throws {
    let gateway = try await RunningGateway.start(
        script: script, configuration: configuration, settings: settings, log: log)
    do {
        try await body(gateway)
    } catch {
        try await gateway.stop()
        throw error
    }
    try await gateway.stop()
}

/// A part of the usual route: where its record comes from, and what may be wrong with it.
struct Part: Sendable, CustomTestStringConvertible {
    let name: String
    let service: StubUpstreams.Service
    /// As in `Rule.path`.
    let path: String
    /// A member that its record must have.
    let required: String
    /// As the configuration calls it.
    var upstream: String { service.rawValue }
    var isList: Bool { name == "messages" || name == "attentionItems" }
    var isRoot: Bool { name == "conversation" }
    var testDescription: String { name }

    static let all = [
        Part(name: "conversation", service: .conversations, path: "/conversations/{id}", required: "status"),
        Part(name: "messages", service: .conversations, path: "/conversations/{id}/messages", required: "content"),
        Part(
            name: "attentionItems", service: .conversations, path: "/conversations/{id}/attention-items",
            required: "type"),
        Part(name: "contact", service: .crm, path: "/contacts/{id}", required: "resolutionStatus"),
        Part(name: "account", service: .crm, path: "/accounts/{id}", required: "name"),
    ]

    static func named(_ name: String) -> Part {
        guard let part = all.first(where: { $0.name == name }) else {
            preconditionFailure("No part is called \(name).")
        }
        return part
    }

    /// The replies for this part, and no others, behave so.
    func rule(_ actions: [Action]) -> Rule {
        var rule = Rule(service: service, path: path)
        rule.actions = actions
        return rule
    }
}

extension Script {
    /// Each part's replies behave as said; all others are right.
    static func parts(_ actions: KeyValuePairs<String, [Action]>) -> Script {
        Script(rules: actions.map { Part.named($0.key).rule($0.value) })
    }
}

/// Checks what the contract says of every error: section 3, and section 4 for the headers.
func expectError(
    _ reply: HTTPReply, status: Int, _ sentence: String? = nil, _ context: Comment = "",
    at location: SourceLocation = #_sourceLocation
) {
    #expect(reply.status == status, context, sourceLocation: location)
    #expect(reply.errorSentence?.isEmpty == false, context, sourceLocation: location)
    if let sentence { #expect(reply.text == "{\"error\":\"\(sentence)\"}", context, sourceLocation: location) }
    #expect(reply["Content-Type"] == "application/json", context, sourceLocation: location)
    #expect(reply["Cache-Control"] == "no-store", context, sourceLocation: location)
    #expect(reply["X-Request-Id"]?.isEmpty == false, context, sourceLocation: location)
    #expect(reply["X-Content-Type-Options"] == "nosniff", context, sourceLocation: location)
    #expect(reply["Date"] != nil, context, sourceLocation: location)
    #expect(reply["Content-Length"] == String(reply.body.count), context, sourceLocation: location)
    #expect(!reply.has("ETag"), context, sourceLocation: location)
    // Nothing an upstream said, no address, no type of ours.
    let all = reply.fields.map { "\($0.name): \($0.value)\n" }.joined() + reply.text
    for leak in ["java", "com.example", "10.0.0.7", "127.0.0.1", "Oops", "Failure", "swift"] {
        #expect(!all.contains(leak), context, sourceLocation: location)
    }
}
