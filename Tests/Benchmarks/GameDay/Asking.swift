// A client's end of one connection: one question at a time, and what became of it.

import NIOCore
import NIOHTTP1

/// Sends a question, and judges its answer.
final class Asking: ChannelDuplexHandler {
    typealias InboundIn = NIOHTTPClientResponseFull
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPClientRequestPart

    /// The client goes, whatever it waits for.
    struct Leave: Sendable {}

    /// A question under way.
    struct Asked {
        /// How long a client waits for an answer: longer than any that a gateway may take.
        let patience: TimeAmount
        /// Called once.
        let end: (Sample.Outcome) -> Void
    }

    private var asked: Asked?
    private var question: Question?
    private var alarm: Scheduled<Void>?
    private var hasLeft = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func ask(_ question: Question, host: String, key: String, _ asked: Asked) {
        guard let context else { return asked.end(.lost("closed before the question")) }
        self.asked = asked
        self.question = question
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let seconds = asked.patience.nanoseconds / 1_000_000_000
        alarm = context.eventLoop.scheduleTask(in: asked.patience) {
            let (asking, context) = bound.value
            asking.end(.lost("no answer within \(seconds) s"))
            context.close(promise: nil)
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: question.path)
        head.headers.add(name: "Host", value: host)
        head.headers.add(name: "Authorization", value: "Bearer \(key)")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let reply = unwrapInboundIn(data)
        guard let question else { return context.close(promise: nil) }
        let outcome = Self.judge(reply, question)
        if reply.head.headers[canonicalForm: "connection"].contains("close") { context.close(promise: nil) }
        end(outcome)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is Leave else { return context.triggerUserOutboundEvent(event, promise: promise) }
        hasLeft = true
        context.close(promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(hasLeft ? .left : .lost("the connection ended before the answer"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(hasLeft ? .left : .lost("\(error)"))
        context.close(promise: nil)
    }

    private func end(_ outcome: Sample.Outcome) {
        alarm?.cancel()
        let asked = asked
        (self.asked, question, alarm) = (nil, nil, nil)
        asked?.end(outcome)
    }

    private static func judge(_ reply: NIOHTTPClientResponseFull, _ question: Question) -> Sample.Outcome {
        let status = Int(reply.head.status.code)
        let body = reply.body.map { String(buffer: $0) } ?? ""
        guard !reply.head.headers["X-Request-Id"].isEmpty else { return .wrong("\(status) without X-Request-Id") }
        if status == 200 {
            return body.contains(question.mark) ? .answered(status: 200, error: nil) : .wrong("another's answer")
        }
        guard body.hasPrefix(#"{"error":"#) else { return .wrong("\(status) that is not the error object") }
        let fields = reply.head.headers["Proxy-Status"].joined().split(separator: ";")
        let error = fields.lazy.map { $0.drop { $0 == " " } }.first { $0.hasPrefix("error=") }
        return .answered(status: status, error: error.map { String($0.dropFirst(6)) })
    }
}
