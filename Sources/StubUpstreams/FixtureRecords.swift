// The records behind the fixtures, as the two services send them: not in the order of the gateway's answer, with
// members nobody listed, because real services are like that.

/// Makes the JSON of each record from its fixture.
enum FixtureRecords {
    static func conversation(_ fixture: Fixtures.Conversation) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "updatedAt", value: time(fixture.messages)),
            .init(name: "id", value: .string(fixture.id)),
            .init(name: "tenantId", value: .string(fixture.tenant)),
            .init(name: "workspaceId", value: .string(fixture.workspace)),
            .init(name: "channelId", value: .string(Fixtures.channel)),
            .init(name: "status", value: .string(fixture.status)),
            .init(name: "contactId", value: .optional(fixture.contactID)),
            .init(name: "accountId", value: .optional(fixture.accountID)),
            .init(name: "messageCount", value: .integer(fixture.messages)),
            .init(name: "lastMessageAt", value: time(fixture.messages)),
            .init(name: "createdAt", value: time(0)),
            // Unlisted: no part of the gateway's answer.
            .init(name: "shard", value: "conversations-eu-3"),
        ]
        if fixture != Fixtures.new {
            let isOver = fixture == Fixtures.resolved
            members += [
                .init(name: "subject", value: "Invoice 2025-\(fixture.number) / Größe \"L\""),
                .init(name: "summary", value: "Asks for a copy.\nSecond line, tab\t, snowman ☃, emoji 🙂."),
                .init(name: "outcome", value: isOver ? "copy_sent" : nil),
            ]
        }
        return .object(members)
    }

    /// As `{"data": […]}`, oldest first.
    static func messages(_ fixture: Fixtures.Conversation) -> JSONValue {
        ["data": .array((0..<fixture.messages).map { message($0, of: fixture) })]
    }

    private static func message(_ index: Int, of fixture: Fixtures.Conversation) -> JSONValue {
        let id = "msg\(fixture.number)a2b3-4d5e-4f60-8a7b-\(index)"
        let isInbound = index.isMultiple(of: 2)
        let hasAttachment = fixture == Fixtures.active && index == 2
        return [
            "id": .string(id),
            "conversationId": .string(fixture.id),
            "direction": isInbound ? "inbound" : "outbound",
            "senderType": isInbound ? "contact" : fixture.openItems > 0 ? "human" : "ai",
            "senderId": .optional(isInbound ? fixture.contactID : nil),
            "senderName": isInbound ? "Zoë Müller" : nil,
            "content": "Message \(index): \"quoted\", back\\slash, \u{1}control, 日本語.",
            "deliveryStatus": isInbound ? nil : "delivered",
            "createdAt": time(index),
            "attachments": hasAttachment ? [attachment(of: id, at: index)] : index == 1 ? nil : [],
            // Unlisted: dropped.
            "providerPayload": ["raw": "secret-ish", "retries": 0],
        ]
    }

    private static func attachment(of message: String, at index: Int) -> JSONValue {
        [
            "id": "at1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
            "messageId": .string(message),
            "fileName": "invoice.pdf",
            "contentType": "application/pdf",
            "sizeBytes": 48213,
            "url": "https://files.example.com/at1a2b3c?sig=a%2Fb&x=1",
            "createdAt": time(index),
        ]
    }

    /// As `{"data": […]}`, open ones first; one's own, or the tenant's whole list.
    static func attentionItems(_ fixture: Fixtures.Conversation) -> JSONValue {
        let owners = fixture.answersWholeList ? Fixtures.all.filter { $0.tenant == fixture.tenant } : [fixture]
        return ["data": .array(owners.flatMap(ownItems))]
    }

    private static func ownItems(_ fixture: Fixtures.Conversation) -> [JSONValue] {
        (0..<(fixture.openItems + fixture.resolvedItems)).map { index in
            let isOpen = index < fixture.openItems
            return [
                "id": "ai\(fixture.number)b3c4d-4d5e-4f60-8a7b-\(index)",
                "tenantId": .string(fixture.tenant),
                "conversationId": .string(fixture.id),
                "type": index.isMultiple(of: 2) ? "handover_requested" : "low_confidence",
                "status": isOpen ? "open" : "resolved",
                "reason": isOpen ? "The contact asks for a person." : nil,
                "resolvedAt": isOpen ? nil : time(index + 90),
                "createdAt": time(index),
                // Unlisted: dropped.
                "assignee": "team-2",
            ]
        }
    }

    static func contact(_ id: String, of fixture: Fixtures.Conversation) -> JSONValue {
        guard fixture == Fixtures.active else {
            return [
                "id": .string(id), "tenantId": .string(fixture.tenant), "resolutionStatus": "resolved",
                "firstName": "Zoë", "lastName": "Müller", "email": "zoe\(fixture.number)@example.com",
                "createdAt": time(0), "updatedAt": time(1),
            ]
        }
        return [
            "id": .string(id), "tenantId": .string(fixture.tenant), "externalRef": "crm/4711",
            "firstName": "Zoë", "lastName": "Müller", "name": "Zoë Müller", "email": "zoe@example.com",
            "phone": "+49 30 1234567", "companyName": "Müller & Söhne",
            "accountId": .optional(fixture.accountID), "accountName": nil,
            "identities": [
                ["channel": "email", "value": "zoe@example.com"], ["channel": "whatsapp", "value": "+49301234567"],
            ],
            "resolutionStatus": "resolved", "createdAt": time(0), "updatedAt": time(1),
            // Unlisted: passed through, the text of the numbers as it is.
            "score": .number("1.50"), "points": .number("12345678901234567890"), "ratio": .number("-0.0E+2"),
            "labels": ["vip", ["nested": [true, nil, 1]]],
        ]
    }

    static func account(_ id: String, of fixture: Fixtures.Conversation) -> JSONValue {
        [
            "id": .string(id), "tenantId": .string(fixture.tenant), "name": "Müller & Söhne",
            "resolutionStatus": "resolved", "externalRef": nil, "emailDomain": "example.com",
            "vatNumber": "DE123456789", "vatValid": true, "country": "DE", "phone": nil,
            "website": "https://www.example.com/", "companyType": "customer",
            "createdAt": time(0), "updatedAt": time(2),
            // Unlisted: passed through.
            "annualRevenue": .number("1234567.00"), "segments": ["b2b", "eu"],
        ]
    }

    /// Minutes after 2025-03-01T09:00:00Z, within that day.
    private static func time(_ minutes: Int) -> JSONValue {
        let minute = 9 * 60 + minutes
        return .string("2025-03-01T\(twoDigits(minute / 60)):\(twoDigits(minute % 60)):00.000Z")
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
