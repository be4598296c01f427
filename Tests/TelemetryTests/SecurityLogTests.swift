// Security events as lines of the log, and a flood of them that stays a trickle.

import Logging
import Pipeline
import Support
import Synchronization
import Telemetry
import Testing

@Suite struct SecurityLogTests {
    private let lines = LogLines()
    private let time = MovableClock()
    private let log: SecurityLog

    init() {
        log = SecurityLog(lines.logger, clock: time.read)
    }

    @Test func `has one sentence for all, and says the rest in fields`() {
        log.note(event(.credentialRefused, credential: "k-1"))
        log.note(event(.wrongTenant))

        #expect(
            lines.lines == [
                "warning Security event. client=192.0.2.1 credential=k-1 event=credential_refused reason=why request=r-1",
                "error Security event. client=192.0.2.1 event=wrong_tenant reason=why request=r-1",
            ])
    }

    @Test func `writes some lines a second, and how many were left out`() {
        for _ in 0..<1000 { log.note(event(.credentialRefused)) }
        let first = lines.lines.count
        time.move(by: .milliseconds(100))
        log.note(event(.credentialRefused))

        #expect(first == 20)
        #expect(lines.lines.count == 21)
        #expect(lines.lines.last?.hasSuffix(" suppressed=980") == true)
        #expect(log.counts[.credentialRefused] == 1001)
    }

    @Test func `does not let a flood of one kind hide another`() {
        for _ in 0..<1000 { log.note(event(.credentialRefused)) }
        log.note(event(.wrongTenant))

        #expect(lines.lines.last?.contains("event=wrong_tenant") == true)
    }

    @Test func `says what was left out also when nothing more comes`() {
        for _ in 0..<25 { log.note(event(.addressLimited)) }
        log.settle()
        let early = lines.lines.count
        time.move(by: .seconds(1))
        log.settle()
        log.settle()

        #expect(early == 20)
        #expect(
            lines.lines.dropFirst(20) == ["warning Security events were left out. event=address_limited suppressed=5"])
    }

    private func event(_ kind: SecurityEvent.Kind, credential: String? = nil) -> SecurityEvent {
        SecurityEvent(kind, requestID: "r-1", client: "192.0.2.1", credential: credential, reason: "why")
    }
}

/// Stands until it is moved.
private final class MovableClock: Sendable {
    private let now = Mutex(ContinuousClock.now)

    func move(by time: Duration) { now.withLock { $0 += time } }

    @Sendable func read() -> ContinuousClock.Instant { now.withLock { $0 } }
}
