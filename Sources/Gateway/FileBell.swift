// Tells when it is time to look at a file that others may change: at an interval, and at once when the system says that
// something was renamed into its folder, or that it was written over and closed (inotify). Looking decides; this only rings,
// and says what rang.

internal import Dispatch
internal import Glibc
internal import Synchronization

/// Rings for one file at a time.
///
/// `@unchecked`: its sources are made before anybody else has it, and libdispatch lets any thread cancel them.
final class FileBell: @unchecked Sendable {
    /// What is listened to.
    private struct Watched {
        var file = ""
        var watches: Set<CInt> = []
        /// Of the file and of what it links to, in their folders.
        var names: Set<String> = []
        /// Where it led when it last led anywhere.
        var target: String?
    }

    /// What became known of the file.
    struct News: Equatable {
        /// Whatever happened, it is worth a look.
        var isDue = false
        /// It was renamed to its name, or written and closed.
        var isOfFile = false
    }

    /// An element each time it rings. Ends with the task that waits for it.
    let rings: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation
    private let watched = Mutex(Watched())
    private let wasTold = Atomic<Bool>(false)
    /// -1: the system has none left; then the interval is all there is.
    private let descriptor: CInt
    private let timer: any DispatchSourceTimer
    private let source: (any DispatchSourceRead)?

    /// Rings for the first time at once.
    init(every interval: DispatchTimeInterval) {
        (rings, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        descriptor = inotify_init1(CInt(IN_NONBLOCK | IN_CLOEXEC))
        let queue = DispatchQueue(label: "keys")
        timer = DispatchSource.makeTimerSource(queue: queue)
        source = descriptor < 0 ? nil : DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        timer.setEventHandler { [ring] in ring.yield() }
        timer.schedule(deadline: .now(), repeating: interval)
        source?.setEventHandler { [weak self] in self?.listen() }
        source?.setCancelHandler { [descriptor] in close(descriptor) }
        timer.activate()
        source?.activate()
    }

    /// Rings no more. To be called once.
    func stop() {
        timer.cancel()
        source?.cancel()
        ring.finish()
    }

    /// Listens for `file` from now on, and for no other. Returns whether it became known since it was last asked that nobody is
    /// in the middle of writing it: it was renamed to its name, or closed by who wrote it, or a link on the way to it leads
    /// elsewhere now. What else happens in its folder says nothing of that.
    func isTold(of file: String) -> Bool {
        let (isSame, isElsewhere) = watched.withLock { watched in
            let (old, oldTarget) = (watched.file, watched.target)
            watch(file, &watched)
            return (old == file, oldTarget != nil && watched.target != oldTarget)
        }
        return (wasTold.exchange(false, ordering: .relaxed) || isElsewhere) && isSame
    }

    /// Each time anew: a link on the way may point elsewhere now, a folder may be another of the same name. The system knows
    /// which of them it watches already.
    private func watch(_ file: String, _ watched: inout Watched) {
        let target = Self.resolved(file)
        var now = Watched(file: file, target: target ?? (watched.file == file ? watched.target : nil))
        for place in [file, target].compactMap(\.self) {
            guard let slash = place.lastIndex(of: "/") else { continue }
            let folder = String(place[...slash])
            guard descriptor >= 0 else { continue }
            let events = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_ONLYDIR)
            let watch = inotify_add_watch(descriptor, folder, events)
            if watch >= 0 { now.watches.insert(watch) }
            now.names.insert(String(place[slash...].dropFirst()))
        }
        // Those that are gone by themselves are an error, which means nothing.
        for old in watched.watches.subtracting(now.watches) { inotify_rm_watch(descriptor, old) }
        watched = now
    }

    private static func resolved(_ file: String) -> String? {
        guard let path = realpath(file, nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    private func listen() {
        let names = watched.withLock(\.names)
        var bytes = [UInt8](repeating: 0, count: 4096)
        var all = News()
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            guard count > 0 else { break }
            let news = Self.news(in: bytes[..<count], of: names)
            all = News(isDue: all.isDue || news.isDue, isOfFile: all.isOfFile || news.isOfFile)
        }
        guard all.isDue else { return }
        if all.isOfFile { wasTold.store(true, ordering: .relaxed) }
        ring.yield()
    }

    /// What these events say of a file of these names. One that is being written is left alone until it is closed. What is
    /// renamed into the folder may be a link on the way, whatever its name, and what was lost may be anything; but neither says
    /// that somebody who writes the file has ended.
    static func news(in bytes: ArraySlice<UInt8>, of names: Set<String>) -> News {
        let head = MemoryLayout<inotify_event>.size
        var rest = bytes
        var news = News()
        while rest.count >= head {
            let event = rest.withUnsafeBytes { $0.loadUnaligned(as: inotify_event.self) }
            let name = rest.dropFirst(head).prefix(Int(event.len)).prefix { $0 != 0 }
            if names.contains(String(decoding: name, as: UTF8.self)) { news = News(isDue: true, isOfFile: true) }
            if event.mask & (UInt32(IN_MOVED_TO) | UInt32(IN_Q_OVERFLOW)) != 0 { news.isDue = true }
            rest = rest.dropFirst(head + Int(event.len))
        }
        return news
    }
}
