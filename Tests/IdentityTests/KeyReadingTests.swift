// What can be wrong with keys.yaml.

import Configuration
import Foundation
import Testing

@testable import Identity

@Suite struct KeyReadingTests {
    private static let sum = String(repeating: "0", count: 64)
    private static let identifier = "takes 1 to 128 visible letters of ASCII, without `\"` and `\\`"

    @Test(
        arguments: [
            ("- { sha256: \(sum), tenantId: t, scopes: [] }", "2:3: a key's record lacks `id`"),
            ("- { id: a, tenantId: t, scopes: [] }", "2:3: a key's record lacks `sha256`"),
            ("- { id: a, sha256: \(sum), scopes: [] }", "2:3: a key's record lacks `tenantId`"),
            ("- { id: a, sha256: \(sum), tenantId: t }", "2:3: a key's record lacks `scopes`"),
            ("- { id: '', sha256: \(sum), tenantId: t, scopes: [] }", "2:9: `id` \(identifier)"),
            ("- { id: [], sha256: \(sum), tenantId: t, scopes: [] }", "2:9: `id` \(identifier)"),
            ("- { id: a b, sha256: \(sum), tenantId: t, scopes: [] }", "2:9: `id` \(identifier)"),
            (
                "- { id: a, sha256: 00, tenantId: t, scopes: [] }",
                "2:20: `sha256` takes the key's SHA-256, 64 hexadecimal digits"
            ),
            (
                "- { id: a, sha256: \(sum)0, tenantId: t, scopes: [] }",
                "2:20: `sha256` takes the key's SHA-256, 64 hexadecimal digits"
            ),
            ("- { id: a, sha256: \(sum), tenantId: \"t\\r\\nX: y\", scopes: [] }", "2:96: `tenantId` \(identifier)"),
            ("- { id: a, sha256: \(sum), tenantId: é, scopes: [] }", "2:96: `tenantId` \(identifier)"),
            (
                "- { id: a, sha256: \(sum), tenantId: t, scopes: a }",
                "2:107: `scopes` takes a list, such as [conversations:read]"
            ),
            ("- { id: a, sha256: \(sum), tenantId: t, scopes: [a, b c] }", "2:111: `scopes` \(identifier)"),
            (
                "- { id: a, sha256: \(sum), tenantId: t, scopes: [], workspaceId: '' }",
                "2:124: `workspaceId` \(identifier)"
            ),
            (
                "- { id: a, sha256: \(sum), tenantId: t, scopes: [], expiresAt: soon }",
                "2:122: `expiresAt` takes a time with its zone, such as 2027-01-31T00:00:00Z"
            ),
            (
                "- { id: a, sha256: \(sum), tenantId: t, scopes: [], disabled: yes }",
                "2:121: `disabled` takes true or false"
            ),
            (
                "- { id: a, sha256: \(sum), tenantId: t, scopes: [], scope: [] }",
                "2:111: unknown member `scope` of a key's record; did you mean `scopes`?"
            ),
            ("- { id: a, id: b, sha256: \(sum), tenantId: t, scopes: [] }", "2:5: `id` is there twice"),
            ("- text", "2:3: a record is a mapping with `id`, `sha256`, `tenantId` and `scopes`"),
        ] as [(String, String)])
    func `has a place and a sentence`(_ item: String, _ expected: String) {
        let problems = problems("keys:\n\(item)\n")

        #expect(problems == ["keys.yaml:" + expected])
    }

    @Test(arguments: [
        ("text", "1:1: a file of keys holds `keys`, a list of records"),
        ("[]", "1:1: a file of keys holds `keys`, a list of records"),
        ("keys: {}", "1:7: `keys` takes a list of records"),
        ("keys: text", "1:7: `keys` takes a list of records"),
        ("key: []", "1:1: unknown key `key`; a file of keys holds `keys` only"),
    ])
    func `is found in the file as a whole`(_ text: String, _ expected: String) {
        let problems = problems(text)

        #expect(problems == ["keys.yaml:" + expected])
    }

    @Test func `is an id or a key that is there twice`() {
        let problems = problems("keys:\n" + item(liveKey, id: "a") + item(testKey, id: "a") + item(liveKey, id: "b"))

        #expect(
            problems == [
                "keys.yaml:3:9: the id `a` is there twice; the first is in line 2",
                "keys.yaml:4:20: the same key is there twice; the first is in line 2",
            ])
    }

    @Test func `is reported all at once`() {
        let problems = problems("keys:\n- { id: '' }\n- { scopes: a }\nother: 1\n")

        #expect(problems.count == 9)
    }

    @Test func `does not repeat a key that was put in for its digest`() {
        let problems = problems("keys:\n- { id: a, sha256: \(liveKey), tenantId: t, scopes: [] }\n")

        #expect(!problems.joined().contains(liveKey))
        #expect(problems.count == 1)
    }

    @Test(arguments: ["keys: [", "keys:\n\t- a", "\"", "keys: *nobody", "keys: []\n---\nkeys: []", "a: &a [*a]"])
    func `is the syntax`(_ text: String) {
        let problems = problems(text)

        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("keys.yaml:") == true)
    }

    @Test func `takes null for what is optional`() throws {
        let keys = try keys(item(liveKey, more: "workspaceId: null, expiresAt: ~"))

        #expect(keys.count == 1)
    }

    @Test func `is that the file cannot be read`() throws {
        let folder = try Folder()
        try Data([0xff, 0xfe]).write(to: folder.url("latin.yaml"))
        try Data(repeating: 0x20, count: KeyText.longest + 1).write(to: folder.url("long.yaml"))
        let cases = [
            (folder.path("none.yaml"), "cannot open \(folder.path("none.yaml")): No such file or directory"),
            (folder.path("latin.yaml"), "a file of keys is UTF-8"),
            (folder.path("long.yaml"), "a file of keys has 16 MiB at most"),
            (folder.path(""), "cannot read \(folder.path("")): Is a directory"),
        ]

        for (path, message) in cases {
            #expect(throws: ConfigurationProblems([Problem(file: path, line: 1, column: 1, message: message)])) {
                try APIKeys.load(path)
            }
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-03-01T12:00:00Z", 1_772_366_400), ("2026-03-01t12:00:00z", 1_772_366_400),
        ("2026-03-01T13:00:00+01:00", 1_772_366_400), ("2026-03-01T06:30:00-05:30", 1_772_366_400),
        ("2000-02-29T00:00:00Z", 951_782_400), ("1969-12-31T23:59:59Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200),
        ("9999-12-31T23:59:59Z", 253_402_300_799), ("2016-12-31T23:59:60Z", 1_483_228_800),
    ])
    func `reads times`(_ text: String, _ seconds: Int) {
        #expect(CalendarTime(text)?.sinceEpoch == .seconds(seconds))
    }

    @Test(arguments: [
        "", "2026-03-01", "2026-03-01T12:00Z", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Zx", "26-01-01T00:00:00Z",
        "2026-1-1T00:00:00Z", "+026-01-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z",
    ])
    func `does not guess at times`(_ text: String) {
        #expect(CalendarTime(text) == nil)
    }

    @Test func `keeps fractions down to the nanosecond`() {
        #expect(CalendarTime("1970-01-01T00:00:00.5Z")?.sinceEpoch == .milliseconds(500))
        #expect(CalendarTime("1970-01-01T00:00:00.1234567899Z")?.sinceEpoch == .nanoseconds(123_456_789))
    }

    @Test(arguments: [
        "1970-01-01T00:00:00Z", "2026-03-01T12:34:56Z", "2000-02-29T23:59:59Z", "2100-02-28T00:00:00Z",
        "2100-03-01T00:00:00Z",
        "1969-12-31T23:59:59Z", "1600-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    ])
    func `writes times as they were read`(_ text: String) {
        #expect(CalendarTime(text)?.text == text)
    }

    @Test func `keeps times within the years that can be written`() {
        #expect(CalendarTime(sinceEpoch: .seconds(Int64.max)).text == "9999-12-31T23:59:59Z")
        #expect(CalendarTime(sinceEpoch: .seconds(Int64.min)).text == "0000-01-01T00:00:00Z")
    }
}
