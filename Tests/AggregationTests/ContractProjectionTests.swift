// What clients get of a reply.

import Aggregation
import Configuration
import JSON
import Testing

struct ContractProjectionTests {
    private let contact = Projection(Contract.contact, as: .object)

    @Test(arguments: [
        // In the schema's order already.
        (
            #"{"id":"1","tenantId":"tenant-a","name":"N","vip":true,"score":1,"owner":null,"createdAt":"t"}"#,
            #"{"id":"1","tenantId":"tenant-a","name":"N","vip":true,"score":1,"owner":null,"createdAt":"t"}"#
        ),
        // Turned round, spread out, with what is absent as null.
        (
            "{ \"createdAt\" : \"t\" ,\n \"tenantId\":\"tenant-a\", \"id\" : \"1\" }",
            #"{"id":"1","tenantId":"tenant-a","name":null,"vip":null,"score":null,"owner":null,"createdAt":"t"}"#
        ),
        // Unlisted ones behind, in their order; values to the byte, white space in them too.
        (
            #"{"z":[1, 2],"id":"\u0031","a":{"x" : 1e400},"tenantId":"tenant-a","createdAt":"t","vip":false}"#,
            #"{"id":"\u0031","tenantId":"tenant-a","name":null,"vip":false,"score":null,"owner":null,"createdAt":"t","z":[1, 2],"a":{"x" : 1e400}}"#
        ),
        // Escaped names are what they mean; unlisted ones stay as they were written.
        (
            #"{"\u0069d":"1","tenant\u0049d":"tenant-a","createdAt":"t","\u0061":1, "b" :2}"#,
            #"{"id":"1","tenantId":"tenant-a","name":null,"vip":null,"score":null,"owner":null,"createdAt":"t","\u0061":1,"b":2}"#
        ),
        // A nested record has the same rules.
        (
            #"{"id":"1","tenantId":"tenant-a","owner":{ "x":1, "name":"O" },"createdAt":"t"}"#,
            #"{"id":"1","tenantId":"tenant-a","name":null,"vip":null,"score":null,"owner":{"name":"O","x":1},"createdAt":"t"}"#
        ),
    ])
    func `writes a record in the schema's order`(reply: String, expected: String) throws {
        #expect(try contact.text(of: reply) == expected)
    }

    @Test func `drops unlisted members where the schema does`() throws {
        let projection = Projection(Contract.conversation, as: .members)

        let text = try projection.text(
            of: #"{"internal":{"tenantId":"b"},"id":"0a1B","tenantId":"tenant-a","messageCount":6.0,"more":1}"#)

        #expect(text == #""id":"0a1B","tenantId":"tenant-a","contactId":null,"accountId":null,"messageCount":6.0"#)
    }

    @Test(arguments: [
        #"{"data":[MESSAGES]}"#, "[MESSAGES]", #"{"total":1,"\u0064ata" : [ MESSAGES ] ,"next":null}"#,
    ])
    func `takes a list from a member or as it is`(reply: String) throws {
        let projection = Projection(Contract.message, as: .list, select: "data")
        let messages =
            #"{"id":"1","conversationId":"0A1B","content":"c","attachments":[{"x":0,"sizeBytes":1,"id":"a"}]} , {"id":"2","conversationId":"0a1b","content":"d","attachments":null}"#

        let text = try projection.text(of: reply.replacing("MESSAGES", with: messages))

        #expect(
            text
                == #"[{"id":"1","conversationId":"0A1B","content":"c","senderName":null,"attachments":[{"id":"a","sizeBytes":1}]},"#
                + #"{"id":"2","conversationId":"0a1b","content":"d","senderName":null,"attachments":[]}]"#)
    }

    @Test func `writes an empty list`() throws {
        let projection = Projection(Contract.message, as: .list, select: "data")

        #expect(try projection.text(of: #"{"data":[ ]}"#) == "[]")
    }

    @Test func `leaves out items of another conversation unread`() throws {
        let projection = Projection(Contract.message, as: .list)

        let text = try projection.text(
            of: #"[{"conversationId":"9","tenantId":"tenant-b"},{"id":"1","conversationId":"0a1b","content":"c"},"#
                + #"{"conversationId":"","id":7,"id":8,"attachments":3}]"#)

        #expect(
            text == #"[{"id":"1","conversationId":"0a1b","content":"c","senderName":null,"attachments":[]}]"#)
    }

    @Test func `compares nothing with a path that has no such segment`() throws {
        let projection = Projection(Contract.message, as: .list)

        let (text, _) = try projection.result(of: #"[{"id":"1","conversationId":"9","content":"c"}]"#, segments: [])

        #expect(text.contains(#""conversationId":"9""#))
    }

    @Test func `selects a record as well`() throws {
        let projection = Projection(Contract.owner, as: .object, select: "data")

        #expect(try projection.text(of: #"{"data":{"name":"O"}}"#) == #"{"name":"O"}"#)
    }

    @Test(arguments: [
        (" 1 ", "1"), ("null", "null"), ("[ 1, {\"a\" : 2} ]", "[1,{\"a\" : 2}]"),
        (#"{"b" : 1, "tenantId":"tenant-a", "b":2}"#, #"{"b" : 1, "tenantId":"tenant-a", "b":2}"#),
    ])
    func `passes a reply whole without a schema`(reply: String, expected: String) throws {
        #expect(try Projection(nil, as: .object).text(of: reply) == expected)
    }

    @Test func `passes members without a schema, save those the answer has already`() throws {
        let projection = Projection(nil, as: .members, capturing: ["ref"], excluding: ["contact", "messages"])

        let (text, outcome) = try projection.result(
            of: #"{"a" :1,"contact":{},"ref":"r","\u006dessages":[],"b":2}"#)

        #expect(text == #""a":1,"ref":"r","b":2"#)
        #expect(outcome.captures == ["r"])
    }

    @Test func `captures strings, null and absent ones`() throws {
        let projection = Projection(
            Contract.conversation, as: .members, capturing: ["contactId", "accountId", "workspaceId", "region"])

        let outcome = try projection.result(
            of:
                #"{"id":"0a1b","tenantId":"tenant-a","messageCount":0,"workspaceId":"w\u002f1","contactId":"c","accountId":null}"#
        ).outcome

        #expect(outcome.captures == ["c", nil, "w/1", nil])
        #expect(outcome.breaches.isEmpty)
    }

    @Test func `appends members to what was written`() throws {
        var output = JSONOutput()
        output.beginObject()
        output.name("first")
        output.null()

        _ = try Projection(Contract.owner, as: .members).write(#"{"name":"O"}"#, into: &output)
        output.name("last")
        _ = try Projection(Contract.owner, as: .object).write(#"{"name":"P"}"#, into: &output)
        output.endObject()

        #expect(String(decoding: output.bytes, as: UTF8.self) == #"{"first":null,"name":"O","last":{"name":"P"}}"#)
    }

    @Test func `leaves the output as it was when a reply breaks the contract`() throws {
        var output = JSONOutput()
        output.beginArray()

        #expect(throws: ContractBreach.self) {
            try Projection(Contract.message, as: .list).write(
                #"[{"id":"1","conversationId":"0a1b","content":"c"},{"id":2,"conversationId":"0a1b","content":"c"}]"#,
                into: &output)
        }

        #expect(output.bytes == [UInt8(ascii: "[")])
    }
}
