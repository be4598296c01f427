// One connection to the stub: reads requests one after the other and carries out the steps of each reply.

import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

/// Ends a service's connection in the pipeline. Confined to its loop.
final class Connection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What all connections of a service share.
    struct Surroundings: Sendable {
        let service: StubUpstreams.Service
        let rules: RuleBook
        let recorder: Recorder
        let connections: Connections
        let beginning: ContinuousClock.Instant
    }

    /// Requests that came before the one ahead of them was answered; more and the connection is closed.
    private static let mostWaiting = 64

    private let surroundings: Surroundings
    private var number = 0
    private var calls = 0
    private var head: HTTPRequestHead?
    private var waiting: [HTTPRequestHead] = []

    /// What is left to do, last first; nil between replies.
    private var steps: [Step]?
    private var recorded: Int?
    private var hasWritten = false
    private var closesAfterwards = false
    private var isRunning = false
    /// Counts what is waited for (a write, a timer, a gate), so that what comes too late is recognised.
    private var turn = 0
    private var isAwaiting = false
    /// Withdraws from the last gate held at.
    private var leaveGate: (() -> Void)?

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
    }

    func channelActive(context: ChannelHandlerContext) {
        number = surroundings.connections.state.change { [service = surroundings.service, channel = context.channel] in
            $0.add(channel, of: service)
        }
        if surroundings.rules.resetsConnection(of: surroundings.service) { reset(context) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.clientClosed)
        leaveGate?()
        turn += 1
        steps = nil
        waiting = []
        surroundings.connections.state.change { [number] in $0.remove(number) }
        context.fireChannelInactive()
    }

    /// Comes from outside only, when the stub stops: what this handler closes itself begins behind it.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        end(.cut)
        context.close(mode: mode, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, steps == nil else { return context.close(promise: nil) }
        // No call: nothing could be made of it.
        start([.send(HTTPText.reply(400, body: HTTPText.errorBody(400).bytes)), .close], context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            if steps == nil {
                answer(head, context)
            } else if waiting.count < Self.mostWaiting {
                waiting.append(head)
            } else {
                context.close(promise: nil)
            }
        }
    }

    // MARK: One request

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        calls += 1
        closesAfterwards = !head.isKeepAlive
        let target = Target(head.uri)
        if target.path == "/_stub/calls" { return start(control(head.method), context) }

        let service = surroundings.service
        let decision = surroundings.rules.decide(service, target, reused: calls > 1)
        recorded = surroundings.recorder.state.change { [number, calls] state in
            state.add(service) { call in
                RecordedCall(
                    number: call, service: service, method: head.method.rawValue, target: head.uri,
                    connection: number, ordinal: calls, rule: decision?.rule, arrived: .now, fields: head.headers)
            }
        }
        let tenant = head.headers["X-Tenant-Id"]
        let finding = Directory.standard.find(
            service, method: head.method.rawValue, target, tenant: tenant.count == 1 ? tenant[0] : nil)
        if let decision {
            start(ReplyPlan.steps(for: finding, decision.behaviour, decision.chance), context)
        } else {
            start(ReplyPlan.steps(for: finding), context)
        }
    }

    /// The stub's own paths: no calls, and no rule is about them.
    private func control(_ method: HTTPMethod) -> [Step] {
        let service = surroundings.service
        switch method {
        case .GET:
            let connections = surroundings.connections.state.read { $0.count(service) }
            let document = surroundings.recorder.state.read { [beginning = surroundings.beginning] in
                CallsDocument.make($0, of: service, connections: connections, since: beginning)
            }
            return [.send(HTTPText.reply(200, body: document.bytes)), .answered]
        case .DELETE:
            surroundings.recorder.state.change { $0.clear(service) }
            return [.send(HTTPText.head(204, [])), .answered]
        default:
            return [.send(HTTPText.reply(405, fields: [.init("Allow", "GET, DELETE")], body: ByteBuffer())), .answered]
        }
    }

    private func end(_ outcome: RecordedCall.Outcome) {
        guard let recorded else { return }
        self.recorded = nil
        surroundings.recorder.state.change { [service = surroundings.service] in $0.end(recorded, service, outcome) }
    }

    // MARK: Steps

    private func start(_ steps: [Step], _ context: ChannelHandlerContext) {
        self.steps = steps.reversed()
        hasWritten = false
        run(context)
    }

    /// Carries out steps until one has to be waited for. A loop and not a recursion: writes mostly end at once, and a
    /// large body has thousands of them.
    private func run(_ context: ChannelHandlerContext) {
        guard !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        while !isAwaiting, steps != nil {
            if let step = steps?.popLast() {
                carryOut(step, context)
            } else {
                finish(context)
            }
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        steps = nil
        if closesAfterwards { return context.close(promise: nil) }
        guard !waiting.isEmpty else { return }
        answer(waiting.removeFirst(), context)
    }

    private func carryOut(_ step: Step, _ context: ChannelHandlerContext) {
        switch step {
        case .send(let bytes):
            // Recorded before the client can have it: whoever has the answer must find the call answered. The kernel
            // takes a small reply at once.
            if !hasWritten, bytes.readableBytes <= 64 * 1024, case .answered? = steps?.last { end(.answered) }
            send(bytes, context)
        case .drip(var bytes, let count, let pause):
            guard let piece = bytes.readSlice(length: min(count, bytes.readableBytes)) else { return }
            if bytes.readableBytes > 0 { steps? += [.drip(bytes, bytes: count, every: pause), .pause(pause)] }
            send(piece, context)
        case .pause(let duration): wait(duration, context)
        case .hold(let gate): hold(at: gate, context)
        case .answered: end(.answered)
        case .repeated(let bytes, let pause):
            steps? += [step, .pause(pause)]
            send(bytes, context)
        case .hang: _ = suspend(context)
        case .close:
            end(.cut)
            steps = nil
            context.close(promise: nil)
        case .reset:
            end(.cut)
            steps = nil
            reset(context)
        }
    }

    /// Goes on when the bytes are the kernel's, so that what follows cannot overtake them.
    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        hasWritten = true
        let goOn = suspend(context)
        let written = context.eventLoop.makePromise(of: Void.self)
        // A failed write means that the client left, and then the connection's end is the news.
        written.futureResult.assumeIsolated().whenSuccess(goOn)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }

    private func wait(_ duration: Duration, _ context: ChannelHandlerContext) {
        let goOn = suspend(context)
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration), goOn)
    }

    private func hold(at gate: Gate, _ context: ChannelHandlerContext) {
        let goOn = NIOLoopBound(suspend(context), eventLoop: context.eventLoop)
        let turn = turn
        let ticket = gate.arrive { [loop = context.eventLoop] in loop.execute { goOn.value() } }
        leaveGate = { gate.leave(ticket) }
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(gate.limit)) { [self] in
            guard turn == self.turn, steps != nil else { return }
            leaveGate?()
            let body: JSONValue = ["error": "The gate was not opened within \(gate.limit)."]
            steps = [.answered, .send(HTTPText.reply(500, body: body.bytes))]
            goOn.value()
        }
    }

    /// Pauses the steps. What is returned makes them go on, once, if nothing else has by then.
    private func suspend(_ context: ChannelHandlerContext) -> () -> Void {
        isAwaiting = true
        turn += 1
        let turn = turn
        return { [self] in
            guard turn == self.turn else { return }
            self.turn += 1
            isAwaiting = false
            run(context)
        }
    }

    /// With a linger time of zero, closing discards what is queued and sends RST (socket(7)).
    private func reset(_ context: ChannelHandlerContext) {
        if let socket = context.channel as? any SocketOptionProvider {
            // Fails only if the client was faster; then there is nobody to reset.
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        context.close(promise: nil)
    }
}
