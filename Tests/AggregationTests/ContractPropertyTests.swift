// Whatever a reply is, what is written of it is JSON, and the same each time.

import Aggregation
import Configuration
import JSON
import Pipeline
import Testing

struct ContractPropertyTests {
    private let projections = [
        Projection(Contract.contact, as: .object), Projection(Contract.contact, as: .object, mode: .warn),
        Projection(Contract.conversation, as: .object, mode: .warn, capturing: ["contactId", "x"]),
        Projection(Contract.message, as: .list, select: "data", mode: .warn), Projection(Contract.message, as: .list),
        Projection(nil, as: .object),
    ]

    @Test func `always writes JSON, and the same bytes again`() throws {
        var generator = SeededReplies(seed: 42)
        let parser = try JSONParser()
        var written = 0

        for _ in 0..<1000 {
            let reply = generator.reply()
            for projection in projections where try projection.breach(of: reply) == nil {
                let (text, outcome) = try projection.result(of: reply)
                let again = try projection.result(of: reply)
                let body = ReplyBody(Array(text.utf8))
                #expect(throws: Never.self) { _ = try parser.check(body.bytes, keeping: body) }
                #expect(text == again.text && outcome == again.outcome)
                written += 1
            }
        }

        #expect(written > 1000)
    }

    @Test func `is not changed by white space or order`() throws {
        let projection = Projection(Contract.conversation, as: .object)
        var members = [
            #""id":"0a1b""#, #""tenantId":"tenant-a""#, #""contactId":null"#, #""accountId":"x""#, #""messageCount":3"#,
        ]
        let expected = "{" + members.joined(separator: ",") + "}"
        var generator = SeededReplies(seed: 1)

        for _ in 0..<500 {
            members.shuffle(using: &generator)
            let separator = [",", " , ", ",\n\t"].randomElement(using: &generator) ?? ","
            let text = try projection.text(of: "{ " + members.joined(separator: separator) + "}")
            #expect(text == expected)
        }
    }
}

/// Random replies out of the names and values that the schemas know, and others.
struct SeededReplies: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func reply() -> String { value(depth: 0) }

    private mutating func value(depth: Int) -> String {
        let scalars = ["1", "-2", "6.0", "1e400", "true", "null", "\"tenant-a\"", "\"0A1B\"", "\"\\u0041 \"", "\"\""]
        let kind = Int.random(in: 0..<(depth == 0 ? 10 : 20), using: &self)
        if depth > 3 || kind >= 10 { return scalars.randomElement(using: &self) ?? "0" }
        let space = ["", "", " ", "\n"].randomElement(using: &self) ?? ""
        let inner = (0..<Int.random(in: 0..<9, using: &self)).map { _ in
            kind < 3 ? value(depth: depth + 1) : member(depth: depth + 1)
        }
        let joined = inner.joined(separator: "," + space)
        return kind < 3 ? "[\(space)\(joined)\(space)]" : "{\(space)\(joined)\(space)}"
    }

    private mutating func member(depth: Int) -> String {
        let names = [
            "id", "tenantId", "name", "vip", "score", "owner", "createdAt", "contactId", "messageCount", "data",
            "content",
            "conversationId", "attachments", "sizeBytes", "x", "\\u0069d", "\\u0078", "",
        ]
        let name = names.randomElement(using: &self) ?? "x"
        // Mostly what the schemas want, so that some replies are whole.
        switch name {
        case "tenantId": return "\"tenantId\":\"tenant-a\""
        case "id", "conversationId": return "\"\(name)\":\"0a1b\""
        default: return "\"\(name)\": \(value(depth: depth))"
        }
    }
}
