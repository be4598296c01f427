// Script files: everything that can be said in one, and what a mistake in one is told as.

import Foundation
import Testing

@testable import StubUpstreams

struct ScriptFileTests {
    @Test(
        arguments: [
            ("delay: 20ms", [.delay(.fixed(.milliseconds(20)))]),
            ("delay: { from: 500us, to: 1s }", [.delay(.spread(.microseconds(500), .seconds(1)))]),
            ("drip: { bytes: 10, every: 2m }", [.drip(bytes: 10, every: .seconds(120))]),
            ("status: 503", [.status(503)]),
            ("headers: { A: 1, B: [2, 3] }", [.fields([.init("A", "1"), .init("B", "2"), .init("B", "3")])]),
            (#"body: '{"id": 1'"#, [.body(#"{"id": 1"#)]),
            ("garbage: 2KiB", [.garbage(bytes: 2048)]),
            ("notJSON: true", [.notJSON]),
            ("notJSON: false", []),
            (#"raw: "HTTP\r\n""#, [.raw(Array("HTTP\r\n".utf8))]),
            ("redirect: http://x/", [.redirect("http://x/")]),
            ("wrongTenant: true", [.change(.wrongTenant)]),
            ("wrongConversation: true", [.change(.wrongConversation)]),
            ("bareArray: true", [.change(.bareArray)]),
            ("without: [a, b]", [.change(.without("a")), .change(.without("b"))]),
            ("nullify: a", [.change(.nullify("a"))]),
            ("mistype: a", [.change(.mistype("a"))]),
            ("duplicate: a.0.b", [.change(.duplicate("a.0.b"))]),
            (#"set: { a: "1e400" }"#, [.change(.set("a", to: "1e400"))]),
            ("nested: 1000", [.change(.nested(1000))]),
            ("invalidUTF8: true", [.invalidUTF8]),
            ("oversized: 5MiB", [.oversized(bytes: 5 * 1024 * 1024)]),
            ("compressed: lying", [.compressed(.lying)]),
            ("chunked: true", [.chunked(nil)]),
            ("chunked: tooSmall", [.chunked(.tooSmall)]),
            ("contentLength: none", [.contentLength(.none)]),
            ("contentLength: { more: 5 }", [.contentLength(.more(5))]),
            ("contentLength: { fewer: 5 }", [.contentLength(.fewer(5))]),
            ("hugeHeaders: 100KiB", [.hugeHeaders(bytes: 100 * 1024)]),
            ("informational: 5", [.informational(5)]),
            ("endless: body", [.endless(.body)]),
            ("secondReply: true", [.secondReply(after: .zero)]),
            ("secondReply: { after: 20ms }", [.secondReply(after: .milliseconds(20))]),
            ("hang: true", [.hang(after: nil)]),
            ("hang: { after: 20 }", [.hang(after: 20)]),
            ("reset: connect", [.resetAtAccept]),
            ("reset: headers", [.reset(.headers)]),
            ("reset: reply", [.reset(.reply)]),
            ("reset: { after: 20 }", [.reset(.body(20))]),
            ("close: before", [.close(.headers)]),
            ("close: reply", [.close(.reply)]),
            ("close: { after: 20 }", [.close(.body(20))]),
        ] as [(String, [Action])])
    func `each action has its key`(_ text: String, _ expected: [Action]) throws {
        let script = try Script.parse("rules:\n  - \(text)\n")

        #expect(script.rules.map(\.actions) == [expected])
    }

    @Test func `conditions, seed and addresses are read`() throws {
        let script = try Script.parse(
            """
            seed: 42
            listen: { conversations: 127.0.0.1:9101, crm: "[::1]:0" }
            rules:
              - { name: n, service: crm, path: "/contacts/{id}", id: x, reused: true, nth: 3, probability: 20% }
              - { first: 2 }
              - { from: 2, probability: 0.5 }
              - { every: 5 }
            """)

        #expect(script.seed == 42)
        #expect(
            script.listen == [.conversations: .init(host: "127.0.0.1", port: 9101), .crm: .init(host: "::1", port: 0)])
        #expect(
            script.rules == [
                Rule(
                    service: .crm, path: "/contacts/{id}", id: "x", calls: .nth(3), reused: true, probability: 0.2,
                    name: "n"),
                Rule(calls: .first(2)), Rule(calls: .from(2), probability: 0.5), Rule(calls: .every(5)),
            ])
    }

    @Test(arguments: ["", "# nothing\n", "seed: 1\nrules:\n", "rules: []"])
    func `a script may be empty`(_ text: String) throws {
        #expect(try Script.parse(text) == Script())
    }

    @Test(arguments: [
        ("ruls: []", "s.yaml:1:1: a script has no key “ruls”; did you mean rules?"),
        ("rules:\n  - statuss: 1", "s.yaml:2:5: a rule has no key “statuss”; did you mean status?"),
        ("rules:\n  - sky: blue", "s.yaml:2:5: a rule has no key “sky”"),
        ("rules: 5", "s.yaml:1:8: rules is a list"),
        ("rules: [5]", "s.yaml:1:9: a rule is a mapping of "),
        ("rules:\n  - status: 99", "s.yaml:2:13: a whole number from 100 to 999 is expected"),
        ("rules:\n  - delay: 20", "s.yaml:2:12: a duration is expected, such as 20ms, 3s or 1m"),
        ("rules:\n  - delay: { from: 3s, to: 1s }", "s.yaml:2:12: delay needs to, which is not before from"),
        ("rules:\n  - oversized: 5MB", "s.yaml:2:16: a size is expected, such as 100, 64KiB or 5MiB"),
        ("rules:\n  - service: erp", "s.yaml:2:14: one of conversations, crm is expected"),
        ("rules:\n  - path: contacts", "s.yaml:2:11: a path is * or begins with /"),
        ("rules:\n  - probability: 120%", "s.yaml:2:18: a share is expected, such as 20% or 0.2"),
        ("rules:\n  - notJSON: maybe", "s.yaml:2:14: true or false is expected"),
        ("rules:\n  - reset: soon", "s.yaml:2:12: reset is connect, headers, reply or { after: BYTES }"),
        ("rules:\n  - hang: { afer: 1 }", "s.yaml:2:13: this has no key “afer”; did you mean after?"),
        ("rules:\n  - nth: 1\n    every: 2", "s.yaml:2:5: nth and every exclude each other"),
        (
            "rules:\n  - reset: connect\n    path: /x",
            "s.yaml:2:5: reset: connect is about connections, not calls: path "
        ),
        ("listen: { crm: nowhere }", "s.yaml:1:16: an address is HOST:PORT, such as 127.0.0.1:9101"),
        ("seed: -1", "s.yaml:1:7: a whole number from 0 is expected"),
        ("rules: [", "s.yaml:"),
        ("seed: 1\nseed: 2", "s.yaml:1:1: more than once: seed"),
    ])
    func `a mistake is told with its place`(_ text: String, _ expected: String) {
        let problems = #expect(throws: ScriptProblems.self) { try Script.parse(text, file: "s.yaml") }

        #expect(problems?.problems.count == 1)
        #expect(problems?.description.hasPrefix(expected) == true, "\(problems?.description ?? "")")
    }

    @Test func `all mistakes are told at once`() {
        let problems = #expect(throws: ScriptProblems.self) {
            try Script.parse("seed: x\nrules:\n  - status: y\n  - hang: z\n")
        }

        #expect(problems?.problems.map(\.line) == [1, 3, 4])
    }

    @Test func `a file that is not there is told`() {
        let problems = #expect(throws: ScriptProblems.self) { try Script.load(path: "/nowhere/stub.yaml") }

        #expect(problems?.description.hasPrefix("/nowhere/stub.yaml:1:1: cannot be read") == true)
    }

    // MARK: The file that comes with the gateway

    private static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../config/stub.yaml").path

    @Test func `the example file is right, and about contacts that exist`() throws {
        let script = try Script.load(path: Self.example)

        let ids = script.rules.compactMap(\.id)
        #expect(ids == [Fixtures.contactFails.contactID, Fixtures.contactHangs.contactID])
        #expect(script.listen[.conversations]?.port == 9101)
        #expect(script.listen[.crm]?.port == 9102)
    }

    @Test func `each action the example file explains can be used as it stands there`() throws {
        let text = try String(contentsOfFile: Self.example, encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.wholeMatch(of: #/[ ]{2}#[ ]{3}[a-zA-Z0-9]+: .*/#) != nil }

        for line in lines {
            #expect(throws: Never.self) { try Script.parse("rules:\n  - \(line.dropFirst("  #   ".count))\n") }
        }
        #expect(lines.count > 25)
    }

    @Test func `what the example file comments out is right too`() throws {
        let text = try String(contentsOfFile: Self.example, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("  # - ") })
        let all = lines[..<start].map(String.init) + lines[start...].map { "  " + $0.dropFirst("  # ".count) }

        let script = try Script.parse(all.joined(separator: "\n"))

        #expect(script.rules.suffix(2).map(\.actions) == [[.status(500)], [.reset(.headers)]])
    }
}
