// What schemas of the contract are compiled to.

import Testing

@testable import Configuration

@Suite struct ContractDocumentTests {
    @Test(
        arguments: [
            ("type: string", Schema.Kinds.string),
            ("type: [string, \"null\"]", [.string, .null]),
            ("type: [integer, 'null']", [.integer, .null]),
            ("type: number", .number),
            ("type: boolean", .boolean),
            ("type: object", .object),
            ("type: array", .array),
            ("type: [\"null\"]", .null),
            ("{}", [.string, .integer, .number, .boolean, .null, .object, .array]),
            ("true", [.string, .integer, .number, .boolean, .null, .object, .array]),
            ("{ description: anything }", [.string, .integer, .number, .boolean, .null, .object, .array]),
            ("$ref: '#/components/schemas/Word'", .string),
            ("$ref: '#/components/schemas/Alias'", .string),
            ("$ref: '#/components/schemas/a~1b~0c'", .boolean),
            ("{ $ref: '#/components/schemas/Word', description: beside it }", .string),
            ("$ref: '#/components/schemas/Record/properties/word'", .string),
            ("anyOf: [{ $ref: '#/components/schemas/Word' }, { type: \"null\" }]", [.string, .null]),
            ("oneOf: [{ type: \"null\" }, { type: integer }]", [.integer, .null]),
            ("allOf: [{ $ref: '#/components/schemas/Word' }]", .string),
        ] as [(String, Schema.Kinds)])
    func `takes a member's kinds from its schema`(_ schema: String, _ kinds: Schema.Kinds) throws {
        let document = try document(member: schema)

        #expect(document.schemas["Sample"]?.members.map(\.kinds) == [kinds])
    }

    @Test func `keeps the order of properties and knows which are required`() throws {
        let schema = try record(
            """
            type: object
            required: [zebra, id]
            properties:
              zebra: { type: string }
              apple: { type: string }
              id: { type: string }
            """)

        #expect(schema.members.map(\.name) == ["zebra", "apple", "id"])
        #expect(schema.members.map(\.isRequired) == [true, false, true])
        #expect(schema.name == "Sample")
    }

    @Test(arguments: [("true", true), ("false", false), (nil, true)])
    func `passes unlisted members on unless the schema forbids them`(_ value: String?, _ passes: Bool) throws {
        let line = value.map { "additionalProperties: \($0)" } ?? ""

        let schema = try record("type: object\nproperties: { id: { type: string } }\n\(line)")

        #expect(schema.passesUnlisted == passes)
    }

    @Test func `takes over minimum and x-from-path`() throws {
        let schema = try record(
            """
            type: object
            properties:
              count: { type: integer, minimum: -3 }
              id: { type: string, x-from-path: conversations }
              other: { $ref: '#/components/schemas/Word', x-from-path: notes }
            """)

        #expect(schema.members.map(\.minimum) == [-3, nil, nil])
        #expect(schema.members.map(\.fromPath) == [nil, "conversations", "notes"])
    }

    @Test func `describes what objects and the items of lists are`() throws {
        let schema = try record(
            """
            type: object
            properties:
              one: { $ref: '#/components/schemas/Record' }
              maybe: { anyOf: [{ $ref: '#/components/schemas/Record' }, { type: "null" }] }
              many: { type: array, items: { $ref: '#/components/schemas/Record' } }
              inline: { type: object, additionalProperties: false, properties: { a: { type: string } } }
              nested: { type: array, items: { type: object, properties: { b: { type: string } } } }
              words: { type: array, items: { type: string } }
              open: { type: object }
            """)

        let inner = schema.members.map(\.schema)
        #expect(inner.map { $0?.name } == ["Record", "Record", "Record", "Sample.inline", "Sample.nested", nil, nil])
        #expect(inner.map { $0?.members.map(\.name) } == [["word"], ["word"], ["word"], ["a"], ["b"], nil, nil])
        #expect(schema.members[1].kinds == [.object, .null])
        #expect(inner.map { $0?.passesUnlisted } == [true, true, true, false, true, nil, nil])
    }

    @Test func `lists objects only`() throws {
        let document = try document(member: "type: string")

        #expect(document.schemas.keys.sorted() == ["Record", "Sample"])
    }

    @Test func `ignores what describes and what is not enforced`() throws {
        let schema = try record(
            """
            type: object
            title: A sample
            x-owner: team
            minProperties: 1
            properties:
              status: { type: string, enum: [a, b], x-extensible-enum: [c], pattern: x, examples: [a], default: b }
            """)

        #expect(schema.members == [Schema.Member(name: "status", kinds: .string, isRequired: false)])
    }

    @Test func `takes the order of an answer from its 200`() throws {
        let document = try ContractDocument.read(
            """
            openapi: 3.1.0
            paths:
              /direct/{id}:
                get:
                  responses:
                    "200": { content: { application/json: { schema: { properties: { b: {}, a: {} } } } } }
              /named:
                get:
                  responses:
                    200: { $ref: '#/components/responses/Answer' }
              /elsewhere: { $ref: '#/paths/~1named' }
              /list:
                get: { responses: { "200": { content: { application/json: { schema: { type: array } } } } } }
              /text:
                get: { responses: { "200": { content: { text/plain: { schema: { properties: { a: {} } } } } } } }
              /post:
                post: { responses: { "200": { content: { application/json: { schema: { properties: { a: {} } } } } } } }
            components:
              responses:
                Answer: { content: { application/json: { schema: { $ref: '#/components/schemas/Alias' } } } }
              schemas:
                Alias: { $ref: '#/components/schemas/Answer' }
                Answer: { type: object, properties: { z: {}, id: {}, y: {} } }
            """, file: "c.yaml")

        #expect(
            document.memberOrder == [
                "/direct/{id}": ["b", "a"], "/named": ["z", "id", "y"], "/elsewhere": ["z", "id", "y"],
            ])
        #expect(document.schemas.keys.sorted() == ["Alias", "Answer"])
    }
}

/// A document whose `Sample` has one member of that schema.
private func document(member schema: String) throws(ConfigurationProblems) -> ContractDocument {
    let flow = schema.hasPrefix("{") || schema == "true" ? schema : "{ \(schema) }"
    return try document("type: object\nproperties: { it: \(flow) }")
}

private func record(_ schema: String) throws -> Schema {
    try #require(try document(schema).schemas["Sample"])
}

/// A document whose `Sample` is that schema.
private func document(_ sample: String) throws(ConfigurationProblems) -> ContractDocument {
    try ContractDocument.read(
        """
        openapi: 3.1.0
        components:
          schemas:
            Word: { type: string }
            Alias: { $ref: '#/components/schemas/Word' }
            a/b~c: { type: boolean }
            Record: { type: object, properties: { word: { $ref: '#/components/schemas/Alias' } } }
            Words: { type: array, items: { type: string } }
            Sample:
        \(sample.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
        """, file: "contract.yaml")
}
