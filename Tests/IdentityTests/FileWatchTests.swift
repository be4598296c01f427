// When a file is another, and when it is read again.

import Foundation
import Testing

@testable import Identity

@Suite struct FileWatchTests {
    private func state(_ inode: UInt64) -> FileState {
        .there(device: 1, inode: inode, size: 10, modified: 0, changed: 0)
    }

    @Test func `reads nothing again that is what was read`() {
        var watch = FileWatch()

        let due = (0..<3).map { _ in watch.isDue(state(1), served: state(1)) }

        #expect(due == [false, false, false])
    }

    @Test func `reads another file once it has come to rest`() {
        var watch = FileWatch()

        let due = [1, 2, 3, 3].map { watch.isDue(state($0), served: state(1)) }

        #expect(due == [false, false, false, true])
    }

    @Test func `reads at once what is known to be whole, unless it is not there, or was read`() {
        var watch = FileWatch()

        let due = [state(2), .missing, state(3)].map { watch.isDue($0, served: state(1), isWhole: true) }
        watch.refuse(state(3))
        let again = watch.isDue(state(3), served: state(1), isWhole: true)
        let served = watch.isDue(state(1), served: state(1), isWhole: true)

        #expect(due == [true, false, true])
        #expect(!again && !served)
    }

    @Test func `reads once what cannot be used, and again what comes then`() {
        var watch = FileWatch()
        _ = watch.isDue(state(2), served: state(1))
        watch.refuse(state(2))

        let again = watch.isDue(state(2), served: state(1))
        let next = [3, 3].map { watch.isDue(state($0), served: state(1)) }
        let back = [1, 1].map { watch.isDue(state($0), served: state(1)) }

        #expect(!again)
        #expect(next == [false, true])
        #expect(back == [false, false])
    }

    @Test func `reads again what was missing`() {
        var watch = FileWatch()
        watch.refuse(.missing)

        let due = [.missing, .missing, state(2), state(2)].map { watch.isDue($0, served: state(1)) }

        #expect(due == [false, false, false, true])
    }

    @Test func `tells a file that was written, renamed or linked anew from the one before`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "file-state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let path = folder.path + "/file"
        let link = folder.path + "/link"

        var states = [FileState(of: path)]
        try Data("a".utf8).write(to: URL(filePath: path))
        states.append(FileState(of: path))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "file")
        let same = FileState(of: link)
        try Data("ab".utf8).write(to: URL(filePath: path + "2"))
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "file2")
        states.append(FileState(of: link))
        try Data("abc".utf8).write(to: URL(filePath: path + "2"))
        states.append(FileState(of: link))

        #expect(states[0] == .missing)
        #expect(same == states[1])
        for (one, other) in zip(states, states.dropFirst()) { #expect(one != other) }
    }
}
