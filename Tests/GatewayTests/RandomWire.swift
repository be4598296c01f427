// Upstreams inside a test: calls wait until one of them, drawn at random, is answered.

import Pipeline
import Resilience

/// What has been asked and not answered. On its loop's thread only.
final class RandomWire {
    static let conversations = 6
    /// No tenant has this one.
    static let unknown = 5

    fileprivate final class Waiting: RunningCall {
        let call: Call
        let places: Places
        let end: (Result<Reply, Failure>) -> Void
        private unowned let wire: RandomWire

        init(_ call: Call, _ places: Places, _ wire: RandomWire, _ end: @escaping (Result<Reply, Failure>) -> Void) {
            self.call = call
            self.places = places
            self.wire = wire
            self.end = end
        }

        func cancel() {
            wire.waiting.removeAll { $0 === self }
            finish(.failure(Failure(.cancelled, .gateway, "cancelled")))
        }

        func finish(_ result: Result<Reply, Failure>) {
            places.giveBack(call.asker.lane)
            end(result)
        }
    }

    /// Some calls fail.
    var isFailing = false
    /// Some replies hold the record of another tenant, or of another workspace.
    var isHostile = false
    fileprivate var waiting: [Waiting] = []

    static func id(_ conversation: Int) -> String { "00000000-0000-4000-8000-00000000000\(conversation)" }

    /// Answers one of those that wait, if any does.
    func answerOne(using random: inout FastRandom) {
        guard !waiting.isEmpty else { return }
        let answered = waiting.remove(at: Int.random(in: 0..<waiting.count, using: &random))
        var tenant = answered.call.asker.tenant
        if isHostile, Int.random(in: 0..<3, using: &random) == 0 {
            tenant = "tenant-\(Int.random(in: 0..<4, using: &random))"
        }
        if isFailing, Int.random(in: 0..<3, using: &random) == 0 {
            let side = Failure.Origin.upstream("test", part: nil)
            return answered.finish(.failure(Failure(.serverError, side, receivedStatus: 503, "The upstream failed.")))
        }
        answered.finish(.success(reply(answered.call, tenant)))
    }

    /// A message speaks of the tenant that asked, whosever record the rest is: messages name no tenant, so an upstream that
    /// mixed them up could not be noticed.
    private func reply(_ call: Call, _ tenant: String) -> Reply {
        let asked = "of \(tenant) for \(call.asker.requestID)"
        let told = "to \(call.asker.tenant) for \(call.asker.requestID)"
        let words = call.path.split(separator: "/")
        guard let last = words.last(where: { $0 != "messages" })?.last, let number = last.wholeNumberValue,
            number != Self.unknown
        else { return Reply(status: 404, body: ReplyBody("{}".utf8)) }
        let id = Self.id(number)
        let text =
            switch (words.first, words.count) {
            case ("conversations", 2):
                """
                {"id":"\(id)","tenantId":"\(tenant)","workspaceId":"ws-\(number % 2)","channelId":"c","contactId":"ct-\(number)",\
                "accountId":null,"status":"active","subject":"\(asked)","messageCount":1,"createdAt":"c","updatedAt":"u"}
                """
            case ("conversations", _):
                """
                {"data":[{"id":"m","conversationId":"\(id)","direction":"inbound","senderType":"contact","content":"\(told)",\
                "createdAt":"c"}]}
                """
            default:
                """
                {"id":"ct-\(number)","tenantId":"\(tenant)","resolutionStatus":"resolved","name":"\(asked)",\
                "createdAt":"c","updatedAt":"u"}
                """
            }
        return Reply(status: 200, body: ReplyBody(text.utf8))
    }
}

/// One upstream's side of it.
struct RandomUpstream: Calls {
    let name: String
    let wire: Confined<RandomWire>
    let places: Places

    func begin(_ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void) -> (any RunningCall)? {
        let waiting = RandomWire.Waiting(call, places, wire.value, end)
        wire.value.waiting.append(waiting)
        return waiting
    }
}
