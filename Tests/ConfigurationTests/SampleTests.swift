// The sample file is the reference: complete, valid, and true about the defaults.

import Foundation
import Testing

@testable import Configuration

@Suite struct SampleTests {
    let text: String
    let settings: Settings

    init() throws {
        let file = Folders.config.appending(path: "gateway.yaml")
        text = try String(contentsOf: file, encoding: .utf8)
        settings = try ConfigurationFile.load(
            path: file.path, environment: [:], libcurl: LibcurlVersion(major: 7, minor: 88, patch: 1))
    }

    @Test func `shows the defaults`() throws {
        var conversations = UpstreamSettings(name: "conversations", endpoints: [.url("http://127.0.0.1:9101")])
        conversations.health = UpstreamSettings.Health()
        var crm = UpstreamSettings(name: "crm", endpoints: [.url("http://127.0.0.1:9102")])
        crm.timeouts.attempt = .milliseconds(800)
        var auth = AuthSettings()
        auth.apiKeysFile = Folders.config.path + "/keys.yaml"

        #expect(settings.server == ServerSettings())
        #expect(settings.admin == AdminSettings())
        #expect(settings.auth == auth)
        #expect(settings.rateLimit == RateLimitSettings())
        #expect(settings.upstreams == [conversations, crm])
        #expect(settings.telemetry == TelemetrySettings())
        #expect(settings.contract.mode == ContractSettings().mode)
        #expect(!settings.contract.schemas.isEmpty)
    }

    @Test func `has the one route of the contract`() throws {
        let route = try #require(settings.routes.first)

        #expect(settings.routes.count == 1)
        #expect(route.path.description == "/api/conversations/{id}")
        #expect(route.parameters == ["id": .uuid])
        #expect(route.upstreamCalls == route.parts.count + 2)
        #expect(route.deadline == .seconds(3))
        #expect(route.parts.map(\.name) == ["conversation", "messages", "attentionItems", "contact", "account"])
        #expect(route.parts[0].into == .root)
        #expect(route.parts[1].schema == SchemaReference(name: "Message", isList: true))
        #expect(
            route.parts[3].path.segments == [.literal("contacts"), .member(part: "conversation", name: "contactId")])
        #expect(route.parts[3].onNotFound == .null)
        #expect(route.parts[3].onFailure == .fail)
    }

    /// A key counts where it stands in its own top-level section, commented out or not.
    @Test func `mentions every setting`() throws {
        var sections: [String: Substring] = [:]
        for section in text.split(separator: #/\n(?=[a-zA-Z]+:)/#) {
            sections[String(section.prefix { $0 != ":" })] = section
        }

        for name in try ConfigurationSchema.names() {
            let keys = name.split(separator: ".")
            let key = keys[keys.count - 1], section = sections[String(keys[0].prefix(while: \.isLetter))] ?? ""
            #expect(section.contains(try Regex("(^|[ {])\(key):")), "config/gateway.yaml does not mention \(name)")
        }
    }

    @Test func `names its schema in the first line`() {
        #expect(text.hasPrefix("# yaml-language-server: $schema=gateway.schema.json\n"))
    }

    @Test func `has the schema that the sections declare`() throws {
        let file = Folders.config.appending(path: "gateway.schema.json")
        let schema = try ConfigurationSchema.json()

        if Folders.isWriting { try Data(schema.utf8).write(to: file) }

        let hint: Comment = "config/gateway.schema.json is out of date; write it anew with WRITE_GOLDEN=1 swift test"
        #expect(try String(contentsOf: file, encoding: .utf8) == schema, hint)
    }
}
