// What the parser takes for a document, and what not.

import JSON
import Testing

struct CheckTests {
    private let parser: JSONParser

    init() throws { parser = try JSONParser() }

    @Test(arguments: [
        "{}", "[]", "0", "-0", "\"\"", "true", "false", "null", " \t\r\n{ \"a\" : 1 }\n", "[1,2]", "-0.0e-0", "1E+5",
        "18446744073709551615", "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890",
        "-123456789012345678901234567890", "1e400", "-1e400", "1e-400", "1e99999999999999999999",
        "[1e400,\"\\ud83d\\ude00\",{\"a\":-98765432109876543210.5E+999}]", "3.141592653589793238462643383279502884197",
        "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\u{7F}\u{FEFF}\u{10FFFF}\"",
        "{\"a\":1,\"a\":2}", "\"1e400\"", sample,
    ])
    func `takes valid JSON`(text: String) {
        #expect(parser.fault(in: text) == nil)
        #expect(Recognizer.accepts(Array(text.utf8), depth: JSONParser.depth))
    }

    @Test(arguments: [
        ("", JSONFault.empty), (" \n", .empty),
        // Not one value.
        ("{}{}", .syntax), ("{} x", .syntax), ("1 2", .syntax), ("{}\0", .syntax), ("[1,\0 2]", .syntax),
        ("\u{FEFF}{}", .syntax), ("\"a\"b", .syntax), ("true false", .syntax), ("[\"a\"\"b\"]", .syntax),
        // Unclosed, mismatched, misplaced.
        ("{", .syntax), ("[1", .syntax), ("{\"a\":1", .syntax), ("[1}", .syntax), ("{\"a\":1]", .syntax),
        ("]", .syntax),
        ("[1,]", .syntax), ("{\"a\":1,}", .syntax), ("[,1]", .syntax), ("{\"a\" 1}", .syntax), ("{\"a\"::1}", .syntax),
        ("{1:1}", .syntax), (",", .syntax), ("[1 /* */]", .syntax), ("'a'", .syntax), ("[1,\u{0C}2]", .syntax),
        ("[\u{A0}]", .syntax), ("tru", .syntax), ("truee", .syntax), ("nul", .syntax), ("[\\n]", .syntax),
        // No numbers.
        ("01", .number), ("-01", .number), ("1.", .number), ("1.e5", .number), ("-", .number), ("1e", .number),
        ("1e+", .number), ("0x1", .number), ("1a", .number), ("0.1.2", .number), ("[1\"a\"]", .number),
        ("123456789012345678901234567890x", .number), ("1e400x", .number), ("[1e400,01]", .number),
        ("[00000000000000000000000000000001]", .number), (".5", .syntax), ("+1", .syntax), ("NaN", .syntax),
        ("Infinity", .syntax), ("-Infinity", .number),
        // With a number that is checked apart, all else still is.
        ("[1e400", .syntax), ("[1e400,]", .syntax), ("[1e400,\"\\ud800\"]", .string), ("1e400 1e400", .syntax),
        // No strings.
        ("\"\\ud800\"", .string), ("\"\\udc00\"", .string), ("\"\\ud800\\u0041\"", .string), ("\"\\ud800x\"", .string),
        ("\"\\ud800\\ud800\\udc00\"", .string), ("\"\\ude00\\ud83d\"", .string), ("{\"\\udc00\":1}", .string),
        ("\"\\x\"", .string), ("\"\\u12\"", .string), ("\"\\U0041\"", .string), ("\"\\\"", .string), ("\"a", .string),
        ("{\"a", .string), ("\"a\nb\"", .string), ("\"a\tb\"", .string), ("\"a\0b\"", .string), ("\"\u{1F}\"", .string),
    ])
    func `refuses what is not one JSON value`(text: String, fault: JSONFault) {
        #expect(parser.fault(in: text) == fault)
        #expect(!Recognizer.accepts(Array(text.utf8), depth: JSONParser.depth))
    }

    @Test(arguments: [
        [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE],
        [0xFF], [0xC3, 0xA9, 0xA9], [0xF0, 0x9F, 0x98],
    ])
    func `refuses invalid UTF-8`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")

        #expect(parser.fault(in: [quote] + bytes + [quote]) == .encoding)
        #expect(parser.fault(in: Array("{\"".utf8) + bytes + Array("\":1}".utf8)) == .encoding)
        // The string is closed by what is behind the end only.
        #expect(parser.fault(in: [quote] + bytes, padding: quote) != nil)
    }

    @Test(arguments: [
        ("[", "", "]"), ("[", "1", "]"), ("[", "1e400", "]"), ("{\"a\":", "{}", "}"), ("{\"a\":", "1", "}"),
    ])
    func `takes 128 levels and no more`(open: String, innermost: String, close: String) {
        func nested(_ levels: Int) -> String {
            let outer = innermost == "{}" ? levels - 1 : levels
            return String(repeating: open, count: outer) + innermost + String(repeating: close, count: outer)
        }

        #expect(parser.fault(in: nested(127)) == nil)
        #expect(parser.fault(in: nested(128)) == nil)
        #expect(parser.fault(in: nested(129)) == .depth)
        #expect(parser.fault(in: nested(5000)) == .depth)
        #expect(parser.fault(in: "[" + nested(127) + "," + nested(127) + "]") == nil)
        #expect(parser.fault(in: nested(128)) == nil)
    }

    @Test func `refuses every beginning of a document`() {
        let bytes = Array(sample.utf8)

        for count in 0..<bytes.count {
            // Room behind the end that would complete it.
            #expect(parser.fault(in: Array(bytes[..<count]), padding: bytes[count]) != nil, "after \(count) bytes")
        }
    }

    @Test func `agrees with the grammar on ten thousand mutations`() {
        var generator = SeededGenerator(state: 8259)
        let bytes = Array(sample.utf8)
        let interesting = Array("{}[]:,\"\\u0e.-+tfn \n\u{0}\u{1F}é/x9".utf8) + [0xFF, 0xC0, 0xED]
        var taken = 0

        for round in 0..<10_000 {
            var mutated = bytes
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                mutate(&mutated, with: interesting, using: &generator)
            }
            let isTaken = parser.fault(in: mutated) == nil
            let isValid = Recognizer.accepts(mutated, depth: JSONParser.depth)
            #expect(isTaken == isValid, "round \(round): \(String(decoding: mutated, as: UTF8.self))")
            if isTaken { taken += 1 }
        }

        // Neither all nor none, or this would have tested nothing.
        #expect((500..<9500).contains(taken))
    }

    private func mutate(_ bytes: inout [UInt8], with interesting: [UInt8], using generator: inout SeededGenerator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        let byte = interesting.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = byte
        case 1: bytes.insert(byte, at: place)
        case 2: if bytes.count > 1 { bytes.remove(at: place) }
        default:
            let end = Int.random(in: place...bytes.count, using: &generator)
            bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
        }
    }

    @Test func `checks small documents after a large one`() throws {
        let large = "[" + String(repeating: "[1,\"two\",3.5],", count: 200_000) + "[]]"

        #expect(parser.fault(in: large) == nil)
        #expect(parser.fault(in: "[1") == .syntax)
        #expect(parser.fault(in: sample) == nil)
        #expect(parser.fault(in: large) == nil)
    }
}
