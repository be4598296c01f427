// The thread that calls upstreams. It runs the tasks of its requests and their transfers, and sleeps in epoll when none
// of them can go on.

internal import CCurl
internal import CLinux
internal import Glibc
internal import Pipeline

/// One fan-out loop: a thread with an epoll set, an inbox, alarms and a multi handle. As a task executor it keeps a task
/// and all its child tasks on its thread, so what they share needs no lock.
///
/// `@unchecked`: everything but `inbox` and `thread` is touched on the loop's thread only, which `isCurrent` tells.
package final class FanOutLoop: TaskExecutor, @unchecked Sendable {
    /// What only the loop's thread touches.
    private let poller: UnsafeMutablePointer<Poller>
    let multi: MultiHandle
    private var alarms = Alarms()
    private var ready: [UnownedJob] = []
    private var taken: [Inbox.Item] = []
    private var running: [ObjectIdentifier: Transfer] = [:]
    private var stops = false
    private var idleWork: (() -> Bool)?
    /// The time at which this pass of the loop began; what happens in one pass happens at one time.
    package private(set) var now = ContinuousClock.now

    private let inbox = Inbox()
    private let thread: LoopThread

    /// Starts the thread.
    /// - Parameters:
    ///   - name: how `top -H` shows it, at most 15 bytes.
    ///   - connections: how many idle upstream connections it keeps at most.
    package init(name: String, connections: Int) {
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

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { ready.append(job) } else { inbox.put(.job(job)) }
    }

    /// Ends the thread once no transfer runs any more, and waits for it. May be called once, from another thread.
    package func stop() {
        submit { [self] in stops = true }
        thread.join()
    }

    /// What to do when nothing else can go on, before the loop sleeps; it says whether it found something. Nil: nothing.
    /// On the loop's thread only.
    package func whenIdle(_ work: (() -> Bool)?) {
        idleWork = work
    }

    /// Transfers under way and connections open, idle ones included. For tests and the operator; on the loop's thread.
    package var inventory: (transfers: Int, connections: Int) { (multi.transfers, multi.connections) }

    // MARK: Alarms

    @discardableResult
    package func setAlarm(at due: ContinuousClock.Instant, for sleeper: any Sleeper) -> AlarmID {
        alarms.set(at: due, for: sleeper)
    }

    package func callOff(_ alarm: AlarmID) {
        alarms.callOff(alarm)
    }

    // MARK: Transfers

    /// Starts a transfer that its caller prepared, and says who waits for its end.
    func begin(_ transfer: Transfer, _ continuation: UnsafeContinuation<TransferEnd, Never>) {
        transfer.continuation = continuation
        if transfer.isCancelled { return transfer.end(.cancelled) }
        transfer.alarm = alarms.set(at: min(transfer.connectDue, transfer.due), for: transfer)
        running[ObjectIdentifier(transfer)] = transfer
        multi.add(transfer.easy)
    }

    /// Takes a transfer out before its end. libcurl closes its connection.
    func abort(_ transfer: Transfer, _ end: TransferEnd) {
        guard running.removeValue(forKey: ObjectIdentifier(transfer)) != nil else {
            transfer.isCancelled = true
            return
        }
        if let alarm = transfer.alarm { alarms.callOff(alarm) }
        transfer.alarm = nil
        multi.remove(transfer.easy)
        transfer.end(end)
    }

    private func finish(_ context: UnsafeMutableRawPointer, _ code: CURLcode) {
        // Kept alive by `running` until here.
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        running.removeValue(forKey: ObjectIdentifier(transfer))
        if let alarm = transfer.alarm { alarms.callOff(alarm) }
        transfer.alarm = nil
        transfer.end(.finished(code))
    }

    // MARK: The pass

    private func run() {
        while true {
            runJobs()
            multi.runTimers(at: now)
            while let (context, code) = multi.nextFinished() { finish(context, code) }
            for sleeper in alarms.due(by: now) { sleeper.wake() }
            if stops, multi.transfers == 0, ready.isEmpty { break }
            waitForEvents()
        }
        multi.close()
    }

    /// Runs what can go on until nothing can. Jobs of one pass may make others.
    private func runJobs() {
        while true {
            inbox.take(into: &taken)
            for item in taken {
                switch item {
                case .job(let job): ready.append(job)
                case .work(let work): work()
                }
            }
            taken.removeAll(keepingCapacity: true)
            if ready.isEmpty { return }
            var next = 0
            while next < ready.count {
                ready[next].runSynchronously(on: asUnownedTaskExecutor())
                next += 1
            }
            ready.removeAll(keepingCapacity: true)
        }
    }

    private func waitForEvents() {
        var count = 0
        if let idleWork {
            // Only when there really is nothing to do may more be let in.
            count = poller.pointee.wait(milliseconds: 0)
            if count == 0, idleWork() { return now = .now }
        }
        if count == 0 {
            count = poller.pointee.wait(milliseconds: ready.isEmpty && inbox.mayFallAsleep() ? patience() : 0)
            inbox.wokeUp()
        }
        now = .now
        for index in 0..<count {
            let (token, events) = poller.pointee.event(index)
            if token.generation == .max { inbox.silence() } else { multi.dispatch(token, events) }
        }
    }

    /// Milliseconds until an alarm or a timer of libcurl is due, rounded up so that it is due then; -1: there is none.
    private func patience() -> Int32 {
        guard let next = [alarms.earliest, multi.timer].compactMap({ $0 }).min() else { return -1 }
        let left = ContinuousClock.now.duration(to: next)
        guard left > .zero else { return 0 }
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: milliseconds)
    }
}
