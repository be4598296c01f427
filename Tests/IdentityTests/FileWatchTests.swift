// When a file is another, and when it is read again.

import Foundation
import Testing

@testable import Identity

@Suite struct FileWatchTests {
    private let start = ContinuousClock.now

    private func state(_ inode: UInt64, size: Int = 10) -> FileState {
        .there(device: 1, inode: inode, size: size, modified: 0, changed: 0)
    }

    /// At a quarter of a second from look to look.
    private func looks(_ watch: inout FileWatch, _ states: [FileState], isWhole: Bool = false) -> [Bool] {
        states.enumerated().map { number, state in
            watch.isDue(state, served: self.state(1), isWhole: isWhole, at: start + .milliseconds(250 * number))
        }
    }

    @Test func `reads nothing again that is what was read`() {
        var watch = FileWatch()

        let due = looks(&watch, [state(1), state(1), state(1)])

        #expect(due == [false, false, false])
    }

    @Test func `reads another file once it has come to rest`() {
        var watch = FileWatch()

        let due = looks(&watch, [state(1), state(2), state(3), state(3)])

        #expect(due == [false, false, false, true])
    }

    @Test func `reads at once what is known to be whole, unless it is not there, or was read`() {
        var watch = FileWatch()

        let due = looks(&watch, [state(2), .missing, state(3)], isWhole: true)
        watch.refuse(state(3))
        let later = looks(&watch, [state(3), state(1)], isWhole: true)

        #expect(due == [true, false, true])
        #expect(later == [false, false])
    }

    @Test func `does not take two looks in quick succession for rest`() {
        var watch = FileWatch()

        let due = [0, 1, 199, 200].map { watch.isDue(state(2), served: state(1), at: start + .milliseconds($0)) }

        #expect(due == [false, false, false, true])
    }

    @Test func `leaves an empty file alone until it has come to rest, whoever closed it`() {
        var watch = FileWatch()

        let due = [0, 100, 200].map {
            watch.isDue(state(2, size: 0), served: state(1), isWhole: true, at: start + .milliseconds($0))
        }

        #expect(due == [false, false, true])
    }

    @Test func `reads once what cannot be used, and again what comes then`() {
        var watch = FileWatch()
        watch.refuse(state(2))

        let due = looks(&watch, [2, 2, 3, 3, 1, 1].map { state($0) })

        #expect(due == [false, false, false, true, false, false])
    }

    @Test func `reads again what was missing`() {
        var watch = FileWatch()
        watch.refuse(.missing)

        let due = looks(&watch, [.missing, .missing, state(2), state(2)])

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
