// Strings mean the same however they are escaped.

import JSON
import Testing

struct TextTests {
    private let parser: JSONParser

    init() throws { parser = try JSONParser() }

    private func read<Result>(_ json: String, _ body: (JSONText) -> Result) throws -> Result? {
        try parser.check(Text(json)).read { $0.string.map(body) }
    }

    @Test(arguments: [
        (#""""#, ""), (#""plain""#, "plain"), (#""\u0069d""#, "id"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u00e9\u00C9é""#, "éÉé"), (#""\ud83d\ude00!""#, "😀!"), (#""\u0000""#, "\u{0}"),
        (#""\ufffe\uffff""#, "\u{FFFE}\u{FFFF}"),
        (#""a\\u0041""#, "a\\u0041"), (#""\uD834\uDD1E\u20AC""#, "𝄞€"),
    ])
    func `decodes`(json: String, meaning: String) throws {
        #expect(try read(json) { Array($0.decoded.utf8) } == Array(meaning.utf8))
        #expect(try read(json) { $0.means(meaning) } == true)
        #expect(try read(json) { $0.means(meaning + "x") } == false)
        #expect(try read(json) { $0.means("other") } == false)
    }

    @Test func `is not fooled by text that looks like what it means`() throws {
        // The string means a backspace; the other text is a backslash and a `b`.
        #expect(try read(#""a\b""#) { $0.means(#"a\b"#) } == false)
        #expect(try read(#""a\\b""#) { $0.means(#"a\b"#) } == true)
    }

    @Test(arguments: [
        (#""ABC-def""#, "abc-DEF", true), (#""\u0041bc""#, "aBC", true), (#""abc""#, "abd", false),
        (#""[""#, "{", false),
        (#""@""#, "`", false), (#""É""#, "é", false), (#""""#, "", true),
    ])
    func `compares without case in ASCII only`(json: String, other: String, expected: Bool) throws {
        #expect(try read(json) { $0.means(ignoringCase: other) } == expected)
    }

    @Test func `compares two strings`() throws {
        let document = try parser.check(Text(#"["id","\u0069d","i\u0064","iD","\\u0069d",""]"#))

        let same = document.read { root in
            let texts = root.items.compactMap(\.string)
            return texts.map { $0.means(texts[0]) }
        }

        #expect(same == [true, true, true, false, false, false])
    }

    @Test(arguments: [
        ("0", true), ("-0", true), ("6", true), ("6.0", true), ("6.00", true), ("-12", true), ("6.5", false),
        ("6.05", false),
        ("1e2", false), ("1.0e2", false), ("1E0", false), ("123456789012345678901234567890", true), ("\"6\"", false),
        ("true", false),
        ("null", false),
    ])
    func `knows an integer by its text`(json: String, expected: Bool) throws {
        let isInteger = try parser.check(Text("[\(json)]")).read { $0.items.map(\.isInteger) }

        #expect(isInteger == [expected])
    }

    @Test(arguments: [
        ("0", 0, false), ("-0", 0, false), ("-1", 0, true), ("5", 6, true), ("6", 6, false), ("7.0", 6, false),
        ("5.0", 6, true),
        ("-5", -6, false), ("-6", -6, false), ("-7", -6, true), ("0", 1, true), ("-0.0", 1, true),
        ("-123456789012345678901234567890", 0, true), ("123456789012345678901234567890", Int.max, false),
        ("-9223372036854775808", Int.min, false), ("-9223372036854775809", Int.min, true),
        ("9223372036854775806", Int.max, true),
        ("18446744073709551616", 5, false), ("1e2", 1000, false), ("0.5", 1, false),
    ])
    func `compares an integer of any length`(json: String, minimum: Int, expected: Bool) throws {
        let isBelow = try parser.check(Text(json)).read { $0.isBelow(minimum) }

        #expect(isBelow == expected)
    }
}
