// What tests of layers stand on: a clock that only they move, and calls that end when they say so.

import Pipeline
import Resilience
import Testing

/// A loop without a thread. Its alarms ring when a test moves its clock.
final class ScriptedLoop: Timekeeper, @unchecked Sendable {
    // `@unchecked`: each belongs to one test, which runs on one thread.
    private(set) var now = ContinuousClock.now
    private var alarms: [Int: (due: ContinuousClock.Instant, sleeper: any Sleeper)] = [:]
    private var serial: UInt64 = 0

    /// When the alarms ring that are set.
    var due: [ContinuousClock.Instant] { alarms.values.map(\.due).sorted() }

    func setAlarm(at due: ContinuousClock.Instant, for sleeper: any Sleeper) -> AlarmID {
        serial += 1
        alarms[Int(serial)] = (due, sleeper)
        return AlarmID(slot: Int(serial), serial: serial)
    }

    func callOff(_ alarm: AlarmID) { alarms[alarm.slot] = nil }

    func perform(_ work: @escaping @Sendable () -> Void) { work() }

    /// Lets time pass; what is due by then rings in order.
    func advance(by time: Duration) {
        let end = now + time
        while let next = alarms.min(by: { $0.value.due < $1.value.due }), next.value.due <= end {
            alarms[next.key] = nil
            now = max(now, next.value.due)
            next.value.sleeper.wake()
        }
        now = end
    }
}

/// The wire of a test: notes what was begun, and ends it as told.
final class ScriptedWire: Calls, @unchecked Sendable {
    final class Running: RunningCall {
        let call: Call
        private let wire: ScriptedWire
        private var end: ((Result<Reply, Failure>) -> Void)?
        private var isBeaten = false

        init(_ call: Call, on wire: ScriptedWire, _ end: @escaping (Result<Reply, Failure>) -> Void) {
            self.call = call
            self.wire = wire
            self.end = end
        }

        var hasEnded: Bool { end == nil }
        var endpoint: Int? { call.endpoint }

        func cancel() { finish(.failure(Failure(.cancelled, .gateway, "cancelled"))) }

        func giveWay() {
            isBeaten = true
            cancel()
        }

        func finish(_ result: Result<Reply, Failure>) {
            let end = end
            self.end = nil
            wire.tell(call, result, isBeaten: isBeaten)
            end?(result)
        }
    }

    /// Begun so far, in order.
    private(set) var begun: [Running] = []
    /// What it says of each attempt, to whoever judges endpoints.
    var tells: (Attempt) -> Void = { _ in }
    /// How each attempt ends a moment after it began, if it is set.
    var answers: Result<Reply, Failure>?
    private let loop: ScriptedLoop?

    init(on loop: ScriptedLoop? = nil) { self.loop = loop }

    /// Calls fail in this way before anything is sent, if it is set.
    var refuses: Failure?

    /// Happens while a call is being begun.
    var whileBeginning: () -> Void = {}

    func begin(_ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void) -> (any RunningCall)? {
        whileBeginning()
        if let refuses {
            end(.failure(refuses))
            return nil
        }
        let running = Running(call, on: self, end)
        begun.append(running)
        if answers != nil { _ = loop?.setAlarm(at: loop?.now ?? .now, for: Answering(running, self)) }
        return running
    }

    private final class Answering: Sleeper {
        private let running: Running
        private let wire: ScriptedWire

        init(_ running: Running, _ wire: ScriptedWire) { (self.running, self.wire) = (running, wire) }

        func wake() { if let answer = wire.answers { running.finish(answer) } }
    }

    /// Ends the attempt that began last.
    func finish(_ result: Result<Reply, Failure>) { begun.last?.finish(result) }

    fileprivate func tell(_ call: Call, _ result: Result<Reply, Failure>, isBeaten: Bool) {
        var verdict = Attempt.Verdict.succeeded
        if case .failure(let failure) = result { verdict = failure.verdict(hadItsTime: true) }
        if isBeaten { verdict = .beaten }
        tells(Attempt(endpoint: call.endpoint, ticket: call.ticket, verdict: verdict, time: .milliseconds(5)))
    }
}

extension Result where Success == Reply, Failure == Pipeline.Failure {
    static var fine: Self { .success(Reply(status: 200, body: ReplyBody())) }

    static var late: Self { .failure(Failure(.readTimeout, .upstream("crm", part: nil), "late")) }

    static func status(_ status: Int, retryAfter: Duration? = nil, at endpoint: Int = 0) -> Self {
        .failure(
            Failure(
                .serverError, .upstream("crm", part: nil), retry: status == 500 ? .never : .ifIdempotent,
                receivedStatus: status, retryAfter: retryAfter, "The upstream answered \(status)."
            ).at(endpoint: endpoint))
    }

    static func refused(at endpoint: Int = 0) -> Self {
        .failure(
            Failure(.connectionRefused, .upstream("crm", part: nil), retry: .always, "refused").at(endpoint: endpoint))
    }

    /// A kept connection that was not there any more.
    static var keptEnded: Self {
        .failure(
            Failure(.connectionTerminated, .upstream("crm", part: nil), retry: .ifIdempotent, "closed")
                .ofKeptConnection().at(endpoint: 0))
    }

    /// By a certificate that is not to be trusted.
    static func untrusted(at endpoint: Int = 0) -> Self {
        .failure(
            Failure(.tlsError, .upstream("crm", part: nil), retry: .elsewhere, "expired").at(endpoint: endpoint))
    }

    /// As tests compare it: the failure's kind, `fine` for a reply.
    var name: String {
        switch self {
        case .success(let reply): "\(reply.status) after \(reply.attempts)"
        case .failure(let failure): "\(failure.kind.rawValue) after \(failure.attempts)"
        }
    }
}

func call(
    within time: Duration = .seconds(60), spare: Int = 100, at now: ContinuousClock.Instant
) throws -> Call {
    let trace = try #require(
        Trace(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: nil))
    let asker = Call.Asker(tenant: "tenant", requestID: "request", trace: trace, spareCalls: spare)
    return Call(part: "contact", path: "/contacts/1", asker: asker, deadline: now + time)
}

/// Limits that open no circuit and eject nobody, unless changed.
func limits(endpoints: Int = 1, calls: Int? = nil, _ change: (inout EndpointLimits) -> Void = { _ in })
    -> EndpointLimits
{
    var limits = EndpointLimits(
        endpoints: endpoints, calls: calls,
        circuit: CircuitRules.Limits(
            window: .seconds(10), calls: 1_000_000, failures: 1, open: .seconds(5), openMax: .seconds(60), probes: 3),
        ejection: EjectionRules(endpoints: endpoints, consecutive: 1_000_000, for: .seconds(30), most: 0.5),
        health: HealthRules(unhealthyAfter: 3, healthyAfter: 2))
    change(&limits)
    return limits
}
