// What is wrong with a contract, and where.

import Testing

@testable import Configuration

@Suite struct ContractDocumentProblemTests {
    @Test(
        arguments: [
            (
                "type: strng",
                "6:15: `type` takes string, integer, number, boolean, null, object, array, or a list of them; did you mean `string`?"
            ),
            (
                "type: [string, text]",
                "6:24: `type` takes string, integer, number, boolean, null, object, array, or a list of them"
            ),
            ("type: []", "6:9: `type` is an empty list, so nothing would pass"),
            (
                "nullable: true",
                "6:9: `nullable` is not understood: it is of OpenAPI 3.0; write `type: [string, \"null\"]`, or `anyOf` with `type: \"null\"`"
            ),
            (
                "patternProperties: {}",
                "6:9: `patternProperties` is not understood: which members are passed on is said by `properties` and `additionalProperties` alone"
            ),
            ("requird: [a]", "6:9: unknown keyword `requird`; did you mean `required`?"),
            ("x-frompath: a", "6:9: unknown keyword `x-frompath`; did you mean `x-from-path`?"),
            ("propertys: {}", "6:9: unknown keyword `propertys`; did you mean `properties`?"),
            (
                "$ref: '#/components/schemas/Simple'",
                "6:15: `#/components/schemas/Simple` points to nothing: there is no `Simple`; did you mean `Sample`?"
            ),
            (
                "$ref: other.yaml#/Contact",
                "6:15: `other.yaml#/Contact` points out of the document; only references that begin with `#/` are followed"
            ),
            ("$ref: [a]", "6:9: `$ref` takes a reference such as `#/components/schemas/Contact`"),
            (
                "$ref: '#/components/schemas/Sample'",
                "6:15: a record cannot hold itself: `#/components/schemas/Sample` → `#/components/schemas/Sample`"
            ),
            ("$ref: '#/components/schemas/Word', required: [a]", "6:44: `required` cannot stand beside `$ref`"),
            (
                "anyOf: [{ type: string }, { type: integer }]",
                "6:9: `anyOf` takes one schema and `type: \"null\"`; other choices cannot be checked"
            ),
            ("oneOf: []", "6:9: `oneOf` takes one schema and `type: \"null\"`; other choices cannot be checked"),
            ("anyOf: [{ type: string }, { type: \"null\" }], type: string", "6:54: `type` cannot stand beside `anyOf`"),
            (
                "allOf: [{ type: object }, { type: object }]",
                "6:9: `allOf` of several schemas cannot be checked; list all `properties` in one"
            ),
            ("type: integer, minimum: 0.5", "6:24: `minimum` takes a whole number; others cannot be checked"),
            ("type: string, properties: {}", "6:23: `properties` needs `type: object` beside it"),
            ("properties: {}", "6:9: `properties` needs `type: object` beside it"),
            ("items: {}", "6:9: `items` needs `type: array` beside it"),
            (
                "type: [object, array], properties: {}, items: {}",
                "6:48: what is an object or a list at choice cannot be checked; leave `items` or `properties` out"
            ),
            ("type: object, properties: [a]", "6:23: `properties` takes a mapping from names to schemas"),
            ("type: object, properties: { a: text }", "6:40: a schema is a mapping of keywords"),
            ("type: object, properties: { a: {} }, required: a", "6:46: `required` takes a list of names"),
            (
                "type: object, properties: { name: {} }, required: [nam]",
                "6:60: `required` names `nam`, which is not among the `properties`; did you mean `name`?"
            ),
            ("type: object, properties: { a: {}, a: {} }", "6:44: `a` is there twice; the first is in line 6"),
            (
                "type: object, additionalProperties: { type: string }",
                "6:23: `additionalProperties` takes true or false; members that are not listed cannot be checked"
            ),
            (
                "type: array, items: { anyOf: [{ type: object, properties: { a: {} } }, { type: \"null\" }] }",
                "6:22: the items of a list are objects and nothing else, or cannot be checked"
            ),
            (
                "type: string, x-from-path: a/b",
                "6:23: `x-from-path` takes one segment of a path, such as `conversations`"
            ),
            ("type: integer, x-from-path: a", "6:24: `x-from-path` is for strings"),
        ] as [(String, String)])
    func `has a place and a sentence`(_ schema: String, _ expected: String) {
        let problems = problems(
            """
            openapi: 3.1.0
            components:
              schemas:
                Word: { type: string }
                Sample:
                  { \(schema) }
            """)

        #expect(problems == ["contract.yaml:" + expected])
    }

    @Test(arguments: [
        ("", "1:1: a contract is an OpenAPI document: a mapping with `openapi`, `paths` and `components`"),
        ("[a]", "1:1: a contract is an OpenAPI document: a mapping with `openapi`, `paths` and `components`"),
        ("info: {}", "1:1: the contract lacks `openapi`, the version of OpenAPI it is written in"),
        ("openapi: 3.0.3", "1:1: the contract has to be of OpenAPI 3.1, whose schemas are those of JSON Schema"),
        (
            "swagger: '2.0'\nopenapi: 2",
            "2:1: the contract has to be of OpenAPI 3.1, whose schemas are those of JSON Schema"
        ),
        ("openapi: 3.1.0", "1:1: the contract lacks `components.schemas`, which describe the records"),
        (
            "openapi: 3.1.0\ncomponents: { schemas: [] }",
            "1:1: the contract lacks `components.schemas`, which describe the records"
        ),
    ])
    func `is found in the document as a whole`(_ text: String, _ expected: String) {
        let problems = problems(text)

        #expect(problems == ["contract.yaml:" + expected])
    }

    @Test func `is the syntax, with its place`() {
        let problems = problems("openapi: 3.1.0\ncomponents: { schemas: [\n")

        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("contract.yaml:3:1: this is not YAML: ") == true)
    }

    @Test func `is reported all at once, and once only`() {
        let problems = problems(
            """
            openapi: 3.1.0
            paths:
              /a: { get: { responses: { "200": { $ref: '#/components/responses/None' } } } }
            components:
              schemas:
                Bad: { type: strin }
                One: { type: object, properties: { a: { $ref: '#/components/schemas/Bad' }, b: { nullable: true } } }
                Two: { type: object, properties: { a: { $ref: '#/components/schemas/Bad' } } }
            """)

        let places = problems.map { String($0.prefix { $0 != " " }) }
        #expect(places == ["contract.yaml:3:44:", "contract.yaml:6:18:", "contract.yaml:7:86:"])
    }

    @Test func `names the way by which a record would hold itself`() {
        let problems = problems(
            """
            openapi: 3.1.0
            components:
              schemas:
                A: { type: object, properties: { b: { $ref: '#/components/schemas/B' } } }
                B: { type: object, properties: { list: { type: array, items: { $ref: '#/components/schemas/A' } } } }
            """)

        #expect(
            problems == [
                "contract.yaml:5:74: a record cannot hold itself: `#/components/schemas/A` → `#/components/schemas/B` → `#/components/schemas/A`"
            ])
    }

    @Test func `is a reference in a circle on the way to an answer`() {
        let problems = problems(
            """
            openapi: 3.1.0
            paths:
              /a: { $ref: '#/paths/~1b' }
              /b: { $ref: '#/paths/~1a' }
            components: { schemas: {} }
            """)

        #expect(problems.count == 2)
        let areCircles = problems.allSatisfy { $0.hasSuffix("leads back to itself") }
        #expect(areCircles)
    }

    @Test func `is an alias that unfolds without end`() {
        let levels = (1...40).map { level in
            "    L\(level): &l\(level) { type: object, properties: { a: *l\(level - 1), b: *l\(level - 1) } }"
        }

        let problems = problems(
            "openapi: 3.1.0\ncomponents:\n  schemas:\n    L0: &l0 { type: string }\n" + levels.joined(separator: "\n"))

        #expect(problems == ["contract.yaml:1:1: the contract unfolds to more than 20000 schemas"])
    }

    @Test func `has no trouble with many uses of one record`() throws {
        let levels = (1...60).map { level in
            let use = "$ref: '#/components/schemas/L\(level + 1)'"
            return "    L\(level): { type: object, properties: { a: { \(use) }, b: { \(use) } } }"
        }
        let text =
            "openapi: 3.1.0\ncomponents:\n  schemas:\n" + levels.joined(separator: "\n") + "\n    L61: { type: object }"

        let document = try ContractDocument.read(text, file: "contract.yaml")

        #expect(document.schemas.count == 61)
    }
}

private func problems(_ text: String) -> [String] {
    do {
        _ = try ContractDocument.read(text, file: "contract.yaml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}
