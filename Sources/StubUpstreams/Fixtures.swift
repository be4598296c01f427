// The conversations that the stub upstreams know. Each stands for one thing a gateway has to get right, and has a
// name, so that a test says what it is about.

/// Named conversations, and the ids that belong to them. All of it is fixed: the same in each run.
package enum Fixtures {
    package static let tenantA = "a0b1c2d3-4567-49ab-8def-0123456789ab"
    package static let tenantB = "b1c2d3e4-5678-4abc-9def-123456789abc"
    /// The workspace of all conversations but `elsewhere`.
    package static let workspace = "ws1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b"
    package static let otherWorkspace = "ws9z8y7x-4d5e-4f60-8a7b-9c0d1e2f3a4b"
    package static let channel = "ch1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b"
    /// Well-formed, and known to nobody.
    package static let unknown = "c0de0000-5eed-4a11-8f00-000000000000"
    /// Stands in the bodies of the stub's errors, where a careless service shows what nobody should see.
    package static let leak = "java.lang.IllegalStateException at com.example.Store.find(Store.java:42) on 10.0.0.7"

    /// The contact is not resolved yet: no CRM call may be made. Optional members are absent, not null.
    package static let new = Conversation(1, status: "new", messages: 1)
    /// Has everything: contact, account, attachments, unlisted members, numbers of unusual text.
    package static let active = Conversation(2, status: "active", contact: "ct1a2b3c", account: "ac1a2b3c", messages: 4)
    /// A person took over. The attention items come as the tenant's whole list, other conversations' included.
    package static let humanManaged = Conversation(
        3, status: "human_managed", contact: "ct2b3c4d", account: "ac1a2b3c", messages: 6, openItems: 2,
        answersWholeList: true)
    /// Over: has an outcome, and attention items that were resolved.
    package static let resolved = Conversation(
        4, status: "resolved", contact: "ct3c4d5e", account: "ac2b3c4d", messages: 3, resolvedItems: 2)
    /// A consumer: a contact without an account, so one CRM call only.
    package static let consumer = Conversation(5, status: "waiting", contact: "ct4d5e6f", messages: 2)
    /// 200 messages, and a status word of an open set.
    package static let long = Conversation(
        6, status: "snoozed", contact: "ct5e6f7g", account: "ac1a2b3c", messages: 200, openItems: 1)
    /// The contact it links to is gone: the CRM answers 404. The account is there.
    package static let contactGone = Conversation(
        7, status: "active", contact: "ct6f7g8h", account: "ac1a2b3c", messages: 2, contactIsGone: true)
    /// Its contact's id, `ct 7/ü?#%2F`, has to be percent-encoded to be one segment of a path.
    package static let oddContact = Conversation(
        8, status: "active", contactID: "ct 7/ü?#%2F", account: "ac1a2b3c", messages: 2)
    /// In tenant A's other workspace.
    package static let elsewhere = Conversation(
        9, status: "active", workspace: otherWorkspace, contact: "ct8h9i0j", account: "ac2b3c4d", messages: 2)
    /// Belongs to tenant B: unknown to tenant A.
    package static let otherTenant = Conversation(
        10, tenant: tenantB, status: "active", contact: "ct9i0j1k", account: "ac3c4d5e", messages: 2)
    /// Complete; `config/stub.yaml` makes the CRM answer 503 for its contact.
    package static let contactFails = Conversation(
        11, status: "active", contact: "ctfails0", account: "ac1a2b3c", messages: 2)
    /// Complete; `config/stub.yaml` makes the CRM hang for its contact.
    package static let contactHangs = Conversation(
        12, status: "active", contact: "cthangs0", account: "ac1a2b3c", messages: 2)

    package static let all = [
        new, active, humanManaged, resolved, consumer, long, contactGone, oddContact, elsewhere, otherTenant,
        contactFails, contactHangs,
    ]

    /// What there is to know about one conversation.
    package struct Conversation: Sendable, Equatable {
        /// In lower case; the stub takes any case.
        package let id: String
        package let tenant: String
        package let workspace: String
        package let status: String
        package let contactID: String?
        package let accountID: String?
        package let messages: Int
        package let openItems: Int
        package let resolvedItems: Int
        package let contactIsGone: Bool
        /// Whether attention items come as the tenant's whole list.
        package let answersWholeList: Bool
        /// From 1; what else differs between conversations is made from it.
        let number: Int

        init(
            _ number: Int, tenant: String = Fixtures.tenantA, status: String, workspace: String = Fixtures.workspace,
            contact: String? = nil, contactID: String? = nil, account: String? = nil, messages: Int,
            openItems: Int = 0, resolvedItems: Int = 0, contactIsGone: Bool = false, answersWholeList: Bool = false
        ) {
            self.number = number
            self.tenant = tenant
            self.status = status
            self.workspace = workspace
            self.messages = messages
            self.openItems = openItems
            self.resolvedItems = resolvedItems
            self.contactIsGone = contactIsGone
            self.answersWholeList = answersWholeList
            let digits = String(number)
            id = "c0de0001-5eed-4a11-8f00-" + String(repeating: "0", count: 12 - digits.count) + digits
            // Not hexadecimal: ids inside bodies are opaque strings.
            self.contactID = contactID ?? contact.map { $0 + "-4d5e-4f60-8a7b-9c0d1e2f3a4b" }
            accountID = account.map { $0 + "-4d5e-4f60-8a7b-9c0d1e2f3a4b" }
        }
    }
}
