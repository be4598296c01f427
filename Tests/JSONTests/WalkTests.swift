// Reading a checked document without a tree.

import JSON
import Testing

struct WalkTests {
    private let parser: JSONParser

    init() throws { parser = try JSONParser() }

    /// A document in other words: every value written again, one after the other, by walking it.
    private func rewritten(_ value: JSONValue) -> String {
        switch value.kind {
        case .object:
            "{" + value.members.map { "\(String($0.memberName.quoted)):\(rewritten($0))" }.joined(separator: ",") + "}"
        case .array: "[" + value.items.map(rewritten).joined(separator: ",") + "]"
        default: String(value.bytes)
        }
    }

    @Test(arguments: [
        ("{}", "{}"), ("[ ]", "[]"), (" 1 ", "1"), ("\n\"a b\"\n", "\"a b\""), (" true", "true"),
        ("[ 1 ,\t[ ] , { } , \"x\" ]", "[1,[],{},\"x\"]"),
        ("{ \"a\" : { \"b\" : [ 1 ] } , \"c\" : null }", "{\"a\":{\"b\":[1]},\"c\":null}"),
        ("[\"{[,:\\\"]}\", \"\\\\\" ]", "[\"{[,:\\\"]}\",\"\\\\\"]"), ("{\"a\" \n : 1e400 }", "{\"a\":1e400}"),
        ("[[1,2],[3,[4]],5]", "[[1,2],[3,[4]],5]"), ("{\"\":\"\"}", "{\"\":\"\"}"),
    ])
    func `walks every value`(text: String, expected: String) throws {
        let result = try parser.check(Text(text)).read { rewritten($0) }

        #expect(result == expected)
    }

    @Test func `gives a value's exact text`() throws {
        let document = try parser.check(Text(" { \"a\" : [ 1 , 2 ] , \"b\":  -1.50E3 ,\"c\":\"x \" } "))

        let texts = document.read { root in root.members.map { String($0.bytes) } }

        #expect(texts == ["[ 1 , 2 ]", "-1.50E3", "\"x \""])
    }

    @Test func `tells kinds apart`() throws {
        let document = try parser.check(Text("[{},[],\"\",0,-1,true,false,null]"))

        let kinds = document.read { $0.items.map(\.kind) }

        #expect(kinds == [.object, .array, .string, .number, .number, .boolean, .boolean, .null])
    }

    @Test func `has no members or items where there cannot be any`() throws {
        for text in ["1", "\"a\"", "null", "{}", "[]"] {
            let counts = try parser.check(Text(text)).read {
                ($0.members.map(\.kind).count, $0.items.map(\.kind).count)
            }
            #expect(counts == (0, 0))
        }
    }

    @Test func `remembers a value by its tokens`() throws {
        let document = try parser.check(Text("{\"a\":[1,{\"b\":2}],\"c\":3}"))

        let found = document.read { root in
            root.members.map(\.tokens).map { String(JSONValue($0, of: root).bytes) }
        }

        #expect(found == ["[1,{\"b\":2}]", "3"])
    }

    @Test func `keeps the bytes alive`() throws {
        func document() throws -> JSONDocument { try parser.check(Text("{\"a\":\"here\"}")) }

        let text = try document().read { root in root.members.map { $0.string?.decoded } }

        #expect(text == ["here"])
    }

    @Test func `passes an error on`() throws {
        struct Stop: Error {}
        let document = try parser.check(Text("1"))

        #expect(throws: Stop.self) { try document.read { _ throws(Stop) in throw Stop() } }
    }

    @Test func `is not read after its parser checked another document`() async {
        await #expect(processExitsWith: .failure) {
            let parser = try JSONParser()
            let first = try parser.check(Text("[1]"))
            _ = try parser.check(Text("[2]"))
            first.read { _ in }
        }
    }
}
