// What breaks the contract, and in which words.

import Aggregation
import Configuration
import Testing

struct ContractRuleTests {
    private let contact = Projection(Contract.contact, as: .object)
    private let conversation = Projection(Contract.conversation, as: .members, capturing: ["contactId", "region"])
    private let messages = Projection(Contract.message, as: .list, select: "data")

    @Test(arguments: [
        (#"{"tenantId":"tenant-a","createdAt":"t"}"#, "Contact.id is missing"),
        (#"{"id":7,"tenantId":"tenant-a","createdAt":"t"}"#, "Contact.id is a number, not a string"),
        (#"{"id":null,"tenantId":"tenant-a","createdAt":"t"}"#, "Contact.id is null, not a string"),
        (#"{"id":"1","createdAt":"t"}"#, "Contact.tenantId is missing"),
        (#"{"id":"1","tenantId":["tenant-a"],"createdAt":"t"}"#, "Contact.tenantId is an array, not a string"),
        (
            #"{"id":"1","tenantId":"tenant-a","createdAt":"t","name":{}}"#,
            "Contact.name is an object, not a string or null"
        ),
        (
            #"{"id":"1","tenantId":"tenant-a","createdAt":"t","vip":"yes"}"#,
            "Contact.vip is a string, not a boolean or null"
        ),
        (#"{"id":"1","tenantId":"tenant-a","createdAt":"t","score":1.5}"#, "Contact.score is a number, not an integer"),
        (#"{"id":"1","tenantId":"tenant-a","createdAt":"t","score":1e2}"#, "Contact.score is a number, not an integer"),
        (#"{"id":"1","tenantId":"tenant-a","createdAt":"t","score":-1}"#, "Contact.score is below 0"),
        (#"{"id":"1","tenantId":"tenant-a","createdAt":"t","owner":{}}"#, "Owner.name is missing"),
        (
            #"{"id":"1","tenantId":"tenant-a","createdAt":"t","owner":[]}"#,
            "Contact.owner is an array, not an object or null"
        ),
        (#"{"id":"1","id":"1","tenantId":"tenant-a","createdAt":"t"}"#, "Contact.id appears twice"),
        (#"{"id":"1","i\u0064":"1","tenantId":"tenant-a","createdAt":"t"}"#, "Contact.id appears twice"),
        (#"{"id":"1","tenantId":"tenant-a","createdAt":"t","x":1,"\u0078":2}"#, "Contact has an unlisted member twice"),
        (
            #"{"id":"1","tenantId":"tenant-a","createdAt":"t","owner":{"name":"O","tenantId":1}}"#,
            "Owner.tenantId is a number, not a string"
        ),
        ("[]", "Contact is an array, not an object"), ("\"secret\"", "Contact is a string, not an object"),
    ])
    func `says what is wrong with a record`(reply: String, reason: String) throws {
        #expect(try contact.breach(of: reply) == .broken(reason: reason))
    }

    @Test(arguments: [
        (#"{"items":[]}"#, "The reply around Message has no data"),
        (#"{"data":[],"data":[]}"#, "The reply around Message has data twice"),
        (#"{"data":null}"#, "A list of Message is null, not an array"),
        (#"{"data":{}}"#, "A list of Message is an object, not an array"),
        ("7", "The reply around Message is a number, not an object"),
        ("[1]", "An item of a list of Message is a number, not an object"),
        (#"[{"id":"1","content":"c"}]"#, "Message.conversationId is missing"),
        (#"[{"id":"1","content":"c","conversationId":1}]"#, "Message.conversationId is a number, not a string"),
        (
            #"[{"id":"1","content":"c","conversationId":"0a1b","attachments":{}}]"#,
            "Message.attachments is an object, not an array"
        ),
        (
            #"[{"id":"1","content":"c","conversationId":"0a1b","attachments":[null]}]"#,
            "An item of a list of Attachment is null, not an object"
        ),
        (
            #"[{"id":"1","content":"c","conversationId":"0a1b","attachments":[{"id":"a"}]}]"#,
            "Attachment.sizeBytes is missing"
        ),
    ])
    func `says what is wrong with a list`(reply: String, reason: String) throws {
        #expect(try messages.breach(of: reply) == .broken(reason: reason))
    }

    @Test(arguments: [
        (#"{"id":"9","tenantId":"tenant-a","messageCount":1}"#, "Conversation.id is not the one asked for"),
        (
            #"{"id":"0a1b","tenantId":"tenant-a","messageCount":1,"contactId":5}"#,
            "Conversation.contactId is a number, not a string or null"
        ),
        (
            #"{"id":"0a1b","tenantId":"tenant-a","messageCount":1,"region":{}}"#,
            "Conversation.region is an object, not a string or null"
        ),
        (
            #"{"id":"0a1b","tenantId":"tenant-a","messageCount":1,"region":"a","region":"b"}"#,
            "Conversation.region appears twice"
        ),
        (
            #"{"id":"0a1b","tenantId":"tenant-a","messageCount":-123456789012345678901234567890}"#,
            "Conversation.messageCount is below 0"
        ),
    ])
    func `says what is wrong with what was asked for`(reply: String, reason: String) throws {
        #expect(try conversation.breach(of: reply) == .broken(reason: reason))
    }

    @Test(arguments: [
        // Before whatever else is wrong: it must look like a record that is not there.
        (#"{"id":9,"tenantId":"tenant-b"}"#, "Contact names another tenant"),
        (#"{"tenantId":"Tenant-A"}"#, "Contact names another tenant"),
        (#"{"tenantId":""}"#, "Contact names another tenant"),
        (#"{"tenantId":"tenant-b","tenantId":"tenant-a"}"#, "Contact names another tenant"),
        (#"{"tenant\u0049d":"tenant-\u0062"}"#, "Contact names another tenant"),
        (
            #"{"id":"1","tenantId":"tenant-a","createdAt":"t","owner":{"name":"O","tenantId":"tenant-b"}}"#,
            "Owner names another tenant"
        ),
    ])
    func `finds another tenant's record`(reply: String, reason: String) throws {
        for mode in ContractSettings.Mode.allCases {
            let projection = Projection(Contract.contact, as: .object, mode: mode)
            #expect(try projection.breach(of: reply) == .wrongTenant(reason: reason))
        }
    }

    @Test(arguments: [
        #"[{"id":"1","conversationId":"0a1b","content":"c","tenantId":"tenant-b"}]"#,
        #"[{"id":"1","conversationId":"0a1b","content":"c","attachments":[{"id":"a","sizeBytes":1,"tenantId":"tenant-b"}]}]"#,
        #"{"data":[],"tenantId":"tenant-b"}"#, #"[{"conversationId":"0a1b","tenantId":"tenant-b"}]"#,
    ])
    func `finds another tenant's item`(reply: String) throws {
        guard case .wrongTenant = try messages.breach(of: reply) else {
            Issue.record("It passed, or was another breach.")
            return
        }
    }

    @Test(arguments: [#"{"tenantId":"tenant-b","x":1}"#, #"[{"x":1},{"tenantId":"tenant-b"}]"#])
    func `finds another tenant's record without a schema`(reply: String) throws {
        #expect(
            try Projection(nil, as: .object).breach(of: reply) == .wrongTenant(reason: "The reply names another tenant")
        )
    }

    @Test func `takes an unlisted tenant that is the caller's, null or absent`() throws {
        for tenant in [#""tenantId":"tenant-a","#, #""tenantId":null,"#, ""] {
            #expect(
                try messages.breach(
                    of: #"[{TENANT"id":"1","conversationId":"0a1b","content":"c"}]"#.replacing("TENANT", with: tenant))
                    == nil)
        }
    }

    @Test func `with warn, reports breaches and passes what there is`() throws {
        let projection = Projection(Contract.contact, as: .object, mode: .warn)

        let (text, outcome) = try projection.result(
            of: #"{"id":7,"tenantId":"tenant-a","vip":"yes","score":-1,"owner":5,"x":1,"x":2,"id":8}"#)

        #expect(
            text
                == #"{"id":7,"tenantId":"tenant-a","name":null,"vip":"yes","score":-1,"owner":5,"createdAt":null,"x":1,"x":2}"#
        )
        #expect(
            outcome.breaches == [
                "Contact.id appears twice", "Contact has an unlisted member twice",
                "Contact.id is a number, not a string",
                "Contact.vip is a string, not a boolean or null", "Contact.score is below 0",
                "Contact.owner is a number, not an object or null", "Contact.createdAt is missing",
            ])
    }

    @Test func `with warn, keeps the first few reasons only`() throws {
        let projection = Projection(Contract.owner, as: .list, mode: .warn)

        let outcome = try projection.result(of: "[" + Array(repeating: "{}", count: 50).joined(separator: ",") + "]")
            .outcome

        #expect(outcome.breaches == Array(repeating: "Owner.name is missing", count: 8))
    }

    @Test(arguments: ["[]", "7", #"{"id":"0a1b","tenantId":"tenant-a","messageCount":1,"contactId":5}"#])
    func `with warn, refuses what cannot be passed`(reply: String) throws {
        let projection = Projection(Contract.conversation, as: .members, mode: .warn, capturing: ["contactId"])

        #expect(try projection.breach(of: reply) != nil)
    }

    @Test func `looks at a record of a hundred thousand members in a moment`() throws {
        let unlisted = (0..<100_000).map { "\"member\($0)\":\($0)" }.joined(separator: ",")

        let text = try contact.text(of: "{\(unlisted),\"id\":\"1\",\"tenantId\":\"tenant-a\",\"createdAt\":\"t\"}")

        #expect(text.hasSuffix("\"member99999\":99999}"))
    }
}
