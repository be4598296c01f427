// What the demo shows: one answer, got by curl as anybody would get it, and the lines to go on with.

import Foundation
import StubUpstreams

struct DemoTour {
    let address: String
    /// Of the operators' page.
    let page: String
    let key: String

    private static let members = [
        "id", "tenantId", "workspaceId", "channelId", "contactId", "accountId", "status", "summary", "subject",
        "outcome",
        "messageCount", "lastMessageAt", "createdAt", "updatedAt", "contact", "account", "messages", "attentionItems",
    ]

    /// Asks for one conversation and prints what came. Says whether it is whole.
    func showAnswer() throws -> Bool {
        print("\n$ \(line(Fixtures.active.id))")
        let answer = try curl(Fixtures.active.id)
        guard let end = answer.range(of: "\r\n\r\n") else {
            Standard.error("There was no answer.")
            return false
        }
        print(answer[..<end.lowerBound].replacingOccurrences(of: "\r\n", with: "\n"), terminator: "\n\n")
        let body = answer[end.upperBound...]
        print(Indented(body))
        guard let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] else {
            return false
        }
        return check(object, status: String(answer.prefix { $0 != "\r\n" }))
    }

    func showMore() {
        print(
            """

            The gateway stays up at http://\(address) until Ctrl-C. Try:

              a whole answer   \(line(Fixtures.active.id))
              a long history   \(line(Fixtures.long.id))
              404              \(line(Fixtures.unknown))
              401              curl -i http://\(address)/api/conversations/\(Fixtures.active.id)
              a CRM failure    \(line(Fixtures.contactFails.id))

            What it did with them is on the operator's page: \(page)
            """)
    }

    private func check(_ object: [String: Any], status: String) -> Bool {
        let missing = Self.members.filter { object[$0] == nil }
        let parts = ["contact", "account"].filter { object[$0] is [String: Any] }
        let isWhole =
            status.contains(" 200 ") && missing.isEmpty && parts.count == 2
            && (object["messages"] as? [Any])?.isEmpty == false
        print(
            isWhole
                ? "\nThe answer is whole: \(Self.members.count) members, contact and account from the CRM, messages."
                : "\nThe answer is not what it should be: \(status), without \(missing.joined(separator: ", ")).")
        return isWhole
    }

    private func line(_ id: String) -> String {
        "curl -i -H 'Authorization: Bearer \(key)' http://\(address)/api/conversations/\(id)"
    }

    private func curl(_ id: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "curl", "-si", "--max-time", "10", "-H", "Authorization: Bearer \(key)",
            "http://\(address)/api/conversations/\(id)",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: answer, as: UTF8.self)
    }
}
