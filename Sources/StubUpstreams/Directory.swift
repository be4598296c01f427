// Which record answers which path: the two services' contents, laid out once.

import NIOCore

/// All records of both services, by service and path.
struct Directory: Sendable {
    /// One record or list, and the whole reply that carries it, ready to send.
    struct Entry: Sendable {
        let tenant: String
        let value: JSONValue
        let reply: ByteBuffer
    }

    /// What there is for a call, before any rule has its say.
    enum Finding: Sendable {
        case entry(Entry)
        /// Not there, not this tenant's, or not asked for in the right way.
        case refusal(status: Int)
        case healthy
    }

    /// The fixtures.
    static let standard = Directory(Fixtures.all)

    private struct Key: Hashable {
        let service: StubUpstreams.Service
        let collection: Substring
        let id: String
        let part: Substring
    }

    private let entries: [Key: Entry]

    init(_ conversations: [Fixtures.Conversation]) {
        var entries: [Key: Entry] = [:]
        for fixture in conversations {
            func add(
                _ service: StubUpstreams.Service, _ collection: Substring, _ id: String, _ part: Substring,
                _ value: JSONValue
            ) {
                let key = Key(service: service, collection: collection, id: id.lowercased(), part: part)
                // The first conversation that links to a record says what it looks like.
                guard entries[key] == nil else { return }
                let reply = HTTPText.reply(200, body: value.bytes)
                entries[key] = Entry(tenant: fixture.tenant, value: value, reply: reply)
            }
            add(.conversations, "conversations", fixture.id, "", FixtureRecords.conversation(fixture))
            add(.conversations, "conversations", fixture.id, "messages", FixtureRecords.messages(fixture))
            add(.conversations, "conversations", fixture.id, "attention-items", FixtureRecords.attentionItems(fixture))
            if let id = fixture.contactID, !fixture.contactIsGone {
                add(.crm, "contacts", id, "", FixtureRecords.contact(id, of: fixture))
            }
            if let id = fixture.accountID {
                add(.crm, "accounts", id, "", FixtureRecords.account(id, of: fixture))
            }
        }
        self.entries = entries
    }

    func find(_ service: StubUpstreams.Service, method: String, _ target: Target, tenant: String?) -> Finding {
        guard method == "GET" else { return .refusal(status: 405) }
        if target.segments == ["healthz"] { return .healthy }
        guard (2...3).contains(target.segments.count), let id = target.id else { return .refusal(status: 404) }
        // A gateway that forgets whom it asks for must not get an answer.
        guard let tenant else { return .refusal(status: 400) }
        let part = target.segments.count == 3 ? target.segments[2] : ""
        let key = Key(service: service, collection: target.segments[0], id: id, part: part)
        guard let entry = entries[key], entry.tenant == tenant else { return .refusal(status: 404) }
        return .entry(entry)
    }
}
