// What is written is JSON, with its commas in place.

import JSON
import Testing

struct OutputTests {
    @Test func `writes objects in objects with the right commas`() {
        var output = JSONOutput()

        output.beginObject()
        output.name("a")
        output.beginObject()
        output.endObject()
        output.members([])
        output.members(Array("\"b\":1,\"c\":2".utf8))
        output.name("d")
        output.beginArray()
        for text in ["{[", "x"] {
            output.separate()
            output.string(text)
        }
        output.endArray()
        output.name("e")
        output.null()
        output.endObject()

        #expect(String(decoding: output.bytes, as: UTF8.self) == #"{"a":{},"b":1,"c":2,"d":["{[","x"],"e":null}"#)
    }

    @Test func `escapes what must be, and leaves the rest`() {
        var output = JSONOutput()

        output.string("a\"\\/\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}é😀\u{2028}")

        #expect(
            String(decoding: output.bytes, as: UTF8.self)
                == #""a\"\\/\b\t\n\f\r\u0000\u001f"# + "\u{7F}é😀\u{2028}\"")
    }

    @Test func `writes any string so that it is read as it was`() throws {
        let parser = try JSONParser()
        var generator = SeededGenerator(state: 7)
        let scalars = (0...0x2FF).compactMap { Unicode.Scalar($0) } + ["\u{2028}", "\u{FFFF}", "\u{10FFFF}", "😀"]

        for _ in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<40, using: &generator) {
                text.unicodeScalars.append(scalars.randomElement(using: &generator) ?? "x")
            }
            var output = JSONOutput()
            output.string(text)
            let read = try parser.check(Text(output.bytes)).read { $0.string?.decoded }
            #expect(read.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test func `makes a name's prefix once`() {
        #expect(JSONOutput.prefix("a\"b") == Array(#""a\"b":"#.utf8))
    }

    @Test func `takes back what was written`() {
        var output = JSONOutput()
        output.beginArray()
        output.string("x")

        output.cut(to: 1)
        output.separate()
        output.null()
        output.endArray()

        #expect(output.bytes == Array("[null]".utf8))
    }
}
