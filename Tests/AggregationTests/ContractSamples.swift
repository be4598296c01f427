// Schemas and replies that the contract's tests share.

import Aggregation
import Configuration
import JSON
import Pipeline

enum Contract {
    static let tenant = "tenant-a"
    static let asked = "0A1b"
    static let text: Schema.Kinds = [.string, .null]

    static let attachment = Schema(
        name: "Attachment",
        members: [required("id"), required("sizeBytes", .integer)], passesUnlisted: false)

    /// Drops what is unlisted.
    static let message = Schema(
        name: "Message",
        members: [
            required("id"), required("conversationId", fromPath: "conversations"), required("content"),
            optional("senderName", text), optional("attachments", .array, of: attachment),
        ], passesUnlisted: false)

    /// Passes what is unlisted.
    static let contact = Schema(
        name: "Contact",
        members: [
            required("id"), required("tenantId"), optional("name", text), optional("vip", [.boolean, .null]),
            optional("score", [.integer, .null], minimum: 0), optional("owner", [.object, .null], of: owner),
            required("createdAt"),
        ], passesUnlisted: true)

    static let owner = Schema(name: "Owner", members: [required("name")], passesUnlisted: true)

    static let conversation = Schema(
        name: "Conversation",
        members: [
            required("id", fromPath: "conversations"), required("tenantId"), optional("contactId", text),
            optional("accountId", text), required("messageCount", .integer, minimum: 0),
        ], passesUnlisted: false)

    static func required(
        _ name: String, _ kinds: Schema.Kinds = .string, minimum: Int? = nil, fromPath: String? = nil
    ) -> Schema.Member {
        Schema.Member(name: name, kinds: kinds, isRequired: true, minimum: minimum, fromPath: fromPath)
    }

    static func optional(
        _ name: String, _ kinds: Schema.Kinds, minimum: Int? = nil, of schema: Schema? = nil
    ) -> Schema.Member {
        Schema.Member(name: name, kinds: kinds, isRequired: false, minimum: minimum, schema: schema)
    }
}

extension Projection {
    /// What a reply becomes, and what else it held.
    func result(of reply: String, segments: [Expectation.Segment] = [.init("conversations", Contract.asked)]) throws
        -> (
            text: String, outcome: Outcome
        )
    {
        var output = JSONOutput()
        let outcome = try write(reply, segments: segments, into: &output)
        return (String(decoding: output.bytes, as: UTF8.self), outcome)
    }

    func text(of reply: String) throws -> String { try result(of: reply).text }

    func write(
        _ reply: String, segments: [Expectation.Segment] = [.init("conversations", Contract.asked)],
        into output: inout JSONOutput
    ) throws -> Outcome {
        let body = ReplyBody(Array(reply.utf8))
        let document = try JSONParser().check(body.bytes, keeping: body)
        return try write(document, expecting: Expectation(tenant: Contract.tenant, segments: segments), into: &output)
    }

    /// Why a reply breaks the contract. Nil: it does not.
    func breach(of reply: String) throws -> ContractBreach? {
        do {
            _ = try result(of: reply)
            return nil
        } catch let breach as ContractBreach {
            return breach
        }
    }
}
