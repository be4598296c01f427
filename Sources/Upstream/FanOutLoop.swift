// The thread that calls upstreams. It runs the tasks of its requests and their transfers, and sleeps in epoll when none
// of them can go on.

internal import CCurl
internal import CLinux
internal import Glibc
package import Pipeline

/// One fan-out loop: a thread with an epoll set, an inbox, alarms and a multi handle. As a task executor it keeps a task
/// and all its child tasks on its thread, so what they share needs no lock.
///
/// `@unchecked`: everything but `inbox` and `thread` is touched on the loop's thread only, which `isCurrent` tells.
package final class FanOutLoop: TaskExecutor, Timekeeper, @unchecked Sendable {
    /// Enough for sixteen thousand sockets; more, and jobs would wait for too long.
    private static let mostRounds = 64

    /// What only the loop's thread touches.
    private let poller: UnsafeMutablePointer<Poller>
    let multi: MultiHandle
    private var alarms = Alarms()
    private var ready: [UnownedJob] = []
    private var taken: [Inbox.Item] = []
    private var departures: [() -> Void] = []
    private var running: [ObjectIdentifier: Transfer] = [:]
    private var stops = false
    /// The time at which this pass of the loop began; what happens in one pass happens at one time.
    package private(set) var now = ContinuousClock.now

    private let inbox = Inbox()
    private let thread: LoopThread

    /// Starts the thread.
    /// - Parameters:
    ///   - name: how `top -H` shows it, at most 15 bytes.
    ///   - connections: how many idle upstream connections it keeps at most.
    package init(name: String, connections: Int) {
        Libcurl.prepare()
        poller = .allocate(capacity: 1)
        poller.initialize(to: Poller())
        poller.pointee.addLevel(Poller.Token(descriptor: inbox.bell, generation: .max))
        multi = MultiHandle(poller: poller, connections: connections)
        thread = LoopThread(name: name)
        thread.start { [unowned self] in run() }
    }

    deinit {
        precondition(thread.hasEnded, "A fan-out loop must be stopped before it goes.")
        poller.deinitialize(count: 1)
        poller.deallocate()
    }

    package var isCurrent: Bool { thread.isCurrent }

    /// Runs `work` on the loop's thread, soon. May be called from any thread.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        inbox.put(.work(work))
    }

    /// Runs `work` on the loop's thread: at once if this is it, else soon.
    @Sendable
    package func perform(_ work: @escaping @Sendable () -> Void) {
        if isCurrent { work() } else { submit(work) }
    }

    /// Runs `work` when the jobs of this pass have run. On the loop's thread, from a job.
    ///
    /// For what wakes another thread: what a pass has for it then comes at once, and wakes it once.
    package func afterJobs(_ work: @escaping () -> Void) {
        departures.append(work)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { ready.append(job) } else { inbox.put(.job(job)) }
    }

    /// Ends the thread once no transfer runs any more, and waits for it. May be called once, from another thread.
    package func stop() {
        submit { [self] in stops = true }
        thread.join()
    }

    /// How long its passes take: what comes waits for the pass before.
    package let lag = LoopLag()
    /// Its connections to upstreams, idle ones included. From any thread.
    package let openConnections = OpenConnections()
    /// Who waits for a turn on it, of whichever kind.
    package let line = LoopCount()
    /// Who sleeps for so long had nothing to do.
    private static let rest = Duration.milliseconds(1)

    /// How long it has slept since it began. On the loop's thread only.
    package private(set) var asleep = Duration.zero

    /// Transfers under way and connections open, idle ones included. For tests and the operator; on the loop's thread.
    package var inventory: (transfers: Int, connections: Int) { (multi.transfers, multi.connections) }

    /// Keeps so many idle upstream connections at most, from now on. On the loop's thread.
    package func keep(connections: Int) { multi.keep(connections: connections) }

    // MARK: Alarms

    @discardableResult
    package func setAlarm(at due: ContinuousClock.Instant, for sleeper: any Sleeper) -> AlarmID {
        alarms.set(at: due, for: sleeper)
    }

    package func callOff(_ alarm: AlarmID) {
        alarms.callOff(alarm)
    }

    /// Alarms that are set now. For tests; on the loop's thread.
    package var alarmsSet: Int { alarms.count }

    // MARK: Transfers

    /// Starts a transfer that its caller prepared. `completion` is called once, outside of any callback of libcurl.
    func begin(
        _ transfer: Transfer, timeout: Duration, connectTimeout: Duration, _ completion: @escaping (TransferEnd) -> Void
    ) {
        transfer.completion = completion
        transfer.due = now + timeout
        transfer.alarm = alarms.set(at: now + min(timeout, connectTimeout), for: transfer)
        running[ObjectIdentifier(transfer)] = transfer
        multi.add(transfer.easy)
    }

    /// Takes a transfer out before its end. libcurl closes its connection.
    func abort(_ transfer: Transfer, _ end: TransferEnd) {
        guard leave(transfer) else { return }
        multi.remove(transfer.easy)
        transfer.end(end)
    }

    private func finish(_ context: UnsafeMutableRawPointer, _ code: CURLcode) {
        // Kept alive by `running` until here.
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        _ = leave(transfer)
        transfer.end(.finished(code))
    }

    /// Takes a transfer out of the table and calls its alarm off. False: it was not running.
    private func leave(_ transfer: Transfer) -> Bool {
        guard running.removeValue(forKey: ObjectIdentifier(transfer)) != nil else { return false }
        if let alarm = transfer.alarm { alarms.callOff(alarm) }
        transfer.alarm = nil
        return true
    }

    // MARK: The pass

    private func run() {
        while true {
            runJobs()
            multi.runTimers()
            while let (context, code) = multi.nextFinished() { finish(context, code) }
            while let sleeper = alarms.next(by: now) { sleeper.wake() }
            if stops, multi.transfers == 0, ready.isEmpty { break }
            waitForEvents()
        }
        multi.close()
    }

    /// Runs what can go on. What comes into the inbox meanwhile waits for the next pass, so that no flood from outside keeps
    /// the loop from its sockets and alarms; jobs that others make on this thread belong to the same pass.
    private func runJobs() {
        inbox.take(into: &taken)
        for item in taken {
            switch item {
            case .job(let job): ready.append(job)
            case .work(let work): work()
            }
        }
        taken.removeAll(keepingCapacity: true)
        var next = 0
        while next < ready.count {
            ready[next].runSynchronously(on: asUnownedTaskExecutor())
            next += 1
        }
        ready.removeAll(keepingCapacity: true)
        for departure in departures { departure() }
        departures.removeAll(keepingCapacity: true)
    }

    private func waitForEvents() {
        let mayFallAsleep = ready.isEmpty && inbox.mayFallAsleep()
        let start = ContinuousClock.now
        lag.passed(now.duration(to: start), at: start)
        var count = poller.pointee.wait(milliseconds: mayFallAsleep ? patience(from: start) : 0)
        inbox.wokeUp()
        now = .now
        if mayFallAsleep {
            let slept = start.duration(to: now)
            asleep += slept
            if slept > Self.rest { lag.rested() }
        }
        dispatch(count)
        // A loop that was held up finds alarms due of what came in time: before one rings, all that came is looked at.
        var rounds = 0
        while count == Poller.batch, rounds < Self.mostRounds, let due = alarms.earliest, due <= now {
            count = poller.pointee.wait(milliseconds: 0)
            dispatch(count)
            rounds += 1
        }
    }

    private func dispatch(_ count: Int) {
        for index in 0..<count {
            let (token, events) = poller.pointee.event(index)
            if token.generation == .max { inbox.silence() } else { multi.dispatch(token, events) }
        }
    }

    /// Milliseconds until an alarm or a timer of libcurl is due, rounded up so that it is due then; -1: there is none.
    private func patience(from instant: ContinuousClock.Instant) -> Int32 {
        guard let next = Self.earlier(alarms.earliest, multi.timer) else { return -1 }
        let left = instant.duration(to: next)
        guard left > .zero else { return 0 }
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: milliseconds)
    }

    private static func earlier(
        _ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant?
    ) -> ContinuousClock.Instant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}
