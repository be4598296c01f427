// Keys change while the gateway runs, and mostly without anybody telling it: an operator revokes one, an orchestrator
// exchanges the folder that its secrets are mounted from. So their file is looked at when the system says that something
// happened in its folder, and four times a second in any case.
//
// Looking (`stat`) decides, not what was told (inotify): it sees a file that was renamed into place, a link anywhere on the
// way to it that points elsewhere now, a file system of another machine, and a file that was away for a while, all by the
// same comparison. It costs a microsecond. Being told makes it soon.

internal import Configuration
internal import Dispatch
internal import Identity
internal import Logging
internal import Synchronization

/// What is known of the file of keys besides what it holds.
struct KeyWatch {
    static let interval = DispatchTimeInterval.milliseconds(250)
    private var watch = FileWatch()
    private var path: String?

    mutating func isDue(_ state: FileState, of path: String, served: FileState, isWhole: Bool) -> Bool {
        if path != self.path { (self.path, watch) = (path, FileWatch()) }
        return watch.isDue(state, served: served, isWhole: isWhole, at: .now)
    }

    mutating func refuse(_ state: FileState) { watch.refuse(state) }
}

extension Gateway {
    /// How often the file of keys was read anew on its own, and how often that failed.
    package var keyReloads: (taken: Int, refused: Int) {
        (keyCounts.successes, keyCounts.failures)
    }

    /// Reads the file of keys if it has changed. If it cannot be used the keys stay as they are.
    func look(at watch: inout KeyWatch, _ bell: FileBell) async {
        let (settings, served) = current.withLock { ($0.settings, $0.keys.state) }
        guard let file = settings.auth.apiKeysFile else { return }
        let isWhole = bell.isTold(of: file)
        let state = FileState(of: file)
        guard watch.isDue(state, of: file, served: served, isWhole: isWhole) else { return }
        let new: ServedKeys
        do throws(CannotStart) {
            new = try ServedKeys(settings)
        } catch {
            watch.refuse(state)
            keyCounts.failed()
            shared.logger.error(
                "The changed file of keys cannot be used; the keys stay as they were.",
                metadata: ["reason": "\(error.description)"])
            return
        }
        guard serve(new, of: file) else { return }
        for runtime in runtimes { await runtime.settled() }
        keyCounts.succeeded()
        shared.logger.info("Keys are read anew.", metadata: ["file": "\(file)", "keys": "\(new.keys.count)"])
    }

    /// False: the file is not the one that counts any more, or somebody who began to read it later was sooner done.
    func serve(_ keys: ServedKeys, of file: String) -> Bool {
        current.withLock { generation in
            guard generation.settings.auth.apiKeysFile == file, keys.isNewer(than: generation.keys) else {
                return false
            }
            generation.keys = keys
            for runtime in runtimes { runtime.serve(keys.keys) }
            return true
        }
    }
}
