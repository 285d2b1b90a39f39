#!/usr/bin/python3
"""Random operations by four processes on the files of a mount, against a model of the contract.

    mount_ops.py SEQUENCES-DIRECTORY CONTROL-URL [OPERATIONS [SEED]]

Each process has names of its own in one directory: the e-mails of one step of the sequence (what is written to them goes to the
service; contract, sections 4, 6 and 7) and scratch names (memory). So each knows what it must see, whatever the others do; that
all of them save parts of one sequence at once is the point. After each operation one name is read and compared; at the end the
whole directory, and what the service holds. The seed is printed: the same one makes the same choices in each process.
"""
import errno
import json
import os
import random
import sys
import time
import urllib.parse
import urllib.request

PROCESSES, LABELS, SCRATCH_NAMES, LARGEST = 4, 'ABCDEF', 6, 3000


class Divergence(Exception):
    pass


def fails(want, call, *args):
    """`call` must fail, and so."""
    try:
        call(*args)
    except OSError as e:
        if e.errno in want:
            return
        raise Divergence('%s%r: %s, wanted %s' % (call.__name__, args, errno.errorcode[e.errno],
                                                  [errno.errorcode[w] for w in want])) from e
    raise Divergence('%s%r succeeded, wanted %s' % (call.__name__, args, [errno.errorcode[w] for w in want]))


def write_all(fd, data, pieces, choose):
    for _ in range(pieces - 1):
        cut = choose.randint(0, len(data))
        os.write(fd, data[:cut])
        data = data[cut:]
    os.write(fd, data)


def put(name, data, choose, flags=os.O_TRUNC):
    """Makes or overwrites a file. A name that is just being removed is busy for a moment."""
    until = time.monotonic() + 20
    while True:
        try:
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | flags, 0o644)
            break
        except OSError as e:
            if e.errno != errno.EBUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
    write_all(fd, data, choose.randint(1, 3), choose)
    os.close(fd)


def get(name):
    with open(name, 'rb') as f:
        return f.read()


class Worker:
    def __init__(self, number, seed, delay):
        self.choose = random.Random('%s %d' % (seed, number))
        self.number = number
        self.delay = delay
        self.emails = {}   # name → text that is shown; None: removed, or never there
        self.scratch = {}  # name → bytes, or a str: a link's target
        self.log = []
        self.names = ['%d-%s.html' % (number, label) for label in LABELS]
        self.scratch_names = ['.s%d-%d~' % (number, i) for i in range(SCRATCH_NAMES)]

    def text(self):
        words = ' '.join('w%d' % self.choose.randrange(10 ** self.choose.randint(1, 6)) for _ in range(self.choose.randint(1, 60)))
        return ('---\nsubject: s%d\ndelay_in_days: %d\n---\n<p>%s</p>\n' % (self.choose.randrange(1000), self.delay, words)).encode()

    def data(self):
        return self.choose.randbytes(self.choose.choice((0, 1, 17, self.choose.randrange(LARGEST))))

    def some(self, of):
        return self.choose.choice(sorted(of)) if of else None

    def email_there(self):
        return self.some([n for n, t in self.emails.items() if t is not None])

    def file(self):
        return self.some([n for n, d in self.scratch.items() if isinstance(d, bytes)])

    # --- operations; each says what it did, or None when it can't be done now ---

    def op_save(self):
        name, text = self.choose.choice(self.names), self.text()
        self.log.append('save %s' % name)
        put(name, text, self.choose)
        self.emails[name] = text

    def op_save_same(self):
        name = self.email_there()
        self.log.append('save the same %s' % name)
        put(name, self.emails[name], self.choose)

    def op_save_bad(self):
        name = self.email_there()
        self.log.append('save a bad %s' % name)
        bad = self.choose.choice((b'<p>no front matter</p>\n', b'---\nsubject: x\n', b'---\nnonsense: 1\n---\nx\n', b'\0'))
        fails((errno.EINVAL,), put, name, bad, self.choose)

    def op_edit(self):
        """Read and write by one descriptor, as an editor that writes in place; cut afterwards."""
        name, new = self.email_there(), self.text()
        self.log.append('edit %s' % name)
        fd = os.open(name, os.O_RDWR)
        seen = os.pread(fd, 1 << 20, 0)
        if seen != self.emails[name]:
            raise Divergence('%s by O_RDWR: %r, wanted %r' % (name, seen, self.emails[name]))
        os.pwrite(fd, new, 0)
        os.ftruncate(fd, len(new))
        os.close(fd)
        self.emails[name] = new

    def op_append(self):
        """One more line of the body."""
        name = self.email_there()
        self.log.append('append to %s' % name)
        put(name, b'more\n', self.choose, os.O_APPEND)
        self.emails[name] += b'more\n'

    def op_cut(self):
        """What is only cut is not saved."""
        name = self.email_there()
        self.log.append('cut %s' % name)
        way = self.choose.randrange(3)
        if way == 0:
            os.truncate(name, 0)
        elif way == 1:
            os.close(os.open(name, os.O_WRONLY | os.O_TRUNC))
        else:
            fails((errno.EOPNOTSUPP,), os.truncate, name, 5)

    def op_remove(self):
        name = self.email_there()
        if name == self.names[0]:
            return  # or the step would be gone, and those behind it in its place
        self.log.append('remove %s' % name)
        os.unlink(name)
        self.emails[name] = None

    def op_remove_missing(self):
        name = self.choose.choice(self.names + self.scratch_names)
        if self.emails.get(name) is None and name not in self.scratch:
            self.log.append('remove %s, which is not there' % name)
            fails((errno.ENOENT,), os.unlink, name)

    def op_backup(self):
        """Moves an e-mail to a scratch name, and writes a new one, or moves it back."""
        name, to = self.email_there(), self.choose.choice(self.scratch_names)
        self.log.append('move %s to %s' % (name, to))
        os.rename(name, to)
        self.scratch[to], self.emails[name] = self.emails[name], None
        if name == self.names[0] or self.choose.random() < 0.7:
            if self.choose.random() < 0.5:
                text = self.text()
                self.log.append('save %s again' % name)
                put(name, text, self.choose)
                self.emails[name] = text
            else:
                self.log.append('move %s back' % name)
                self.move_over(to, name)

    def move_over(self, scratch, name):
        until = time.monotonic() + 20
        while True:
            try:
                os.rename(scratch, name)
                break
            except OSError as e:
                if e.errno != errno.EBUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
        self.emails[name] = self.scratch.pop(scratch)

    def op_replace(self):
        """A temporary file, renamed over an e-mail."""
        name, temporary, text = self.choose.choice(self.names), self.choose.choice(self.scratch_names), self.text()
        self.log.append('replace %s by %s' % (name, temporary))
        self.drop_link(temporary)
        put(temporary, text, self.choose)
        self.scratch[temporary] = text
        self.move_over(temporary, name)

    def op_replace_bad(self):
        name, temporary = self.email_there(), self.choose.choice(self.scratch_names)
        bad = self.choose.choice((b'x', b'', b'---\n'))
        self.log.append('replace %s by a bad %s' % (name, temporary))
        self.drop_link(temporary)
        put(temporary, bad, self.choose)
        self.scratch[temporary] = bad
        fails((errno.EIO,) if bad else (errno.EPERM,), os.rename, temporary, name)

    def op_move_email(self):
        a, b = self.email_there(), self.email_there()
        if a != b:
            self.log.append('move %s to %s' % (a, b))
            fails((errno.EPERM,), os.rename, a, b)

    def drop_link(self, name):
        if isinstance(self.scratch.get(name), str):
            os.unlink(name)
            del self.scratch[name]

    def op_scratch(self):
        name, data = self.choose.choice(self.scratch_names), self.data()
        self.drop_link(name)
        self.log.append('write %s, %d bytes' % (name, len(data)))
        put(name, data, self.choose)
        self.scratch[name] = data

    def op_scratch_exclusive(self):
        name, data = self.choose.choice(self.scratch_names), self.data()
        self.log.append('make %s' % name)
        if name in self.scratch:
            fails((errno.EEXIST,), put, name, data, self.choose, os.O_EXCL)
        else:
            put(name, data, self.choose, os.O_EXCL)
            self.scratch[name] = data

    def op_scratch_positions(self):
        name = self.file()
        if not name:
            return
        data, at, more = self.scratch[name], self.choose.randrange(LARGEST), self.data()
        self.log.append('write %d bytes at %d of %s' % (len(more), at, name))
        fd = os.open(name, os.O_RDWR)
        os.pwrite(fd, more, at)
        if more:
            data = data[:at].ljust(at, b'\0') + more + data[at + len(more):]
        if self.choose.random() < 0.5:
            size = self.choose.randrange(LARGEST)
            os.ftruncate(fd, size)
            data = data[:size].ljust(size, b'\0')
        if os.fstat(fd).st_size != len(data) or os.pread(fd, 1 << 20, 0) != data:
            raise Divergence('%s while it is written' % name)
        os.close(fd)
        self.scratch[name] = data

    def op_scratch_append(self):
        name, more = self.file(), self.data()
        if name:
            self.log.append('append %d bytes to %s' % (len(more), name))
            put(name, more, self.choose, os.O_APPEND)
            self.scratch[name] += more

    def op_scratch_truncate(self):
        name, size = self.file(), self.choose.randrange(LARGEST)
        if name:
            self.log.append('truncate %s to %d' % (name, size))
            os.truncate(name, size)
            self.scratch[name] = self.scratch[name][:size].ljust(size, b'\0')

    def op_scratch_move(self):
        name, to = self.some(self.scratch), self.choose.choice(self.scratch_names)
        if name and name != to:
            self.log.append('move %s to %s' % (name, to))
            os.rename(name, to)
            self.scratch[to] = self.scratch.pop(name)

    def op_scratch_remove(self):
        name = self.some(self.scratch)
        if name:
            self.log.append('remove %s' % name)
            os.unlink(name)
            del self.scratch[name]

    def op_scratch_open_removed(self):
        """A descriptor outlives its name."""
        name = self.file()
        if not name:
            return
        self.log.append('remove %s while it is open' % name)
        fd, more = os.open(name, os.O_RDWR), self.data()
        data = self.scratch.pop(name)
        if self.choose.random() < 0.5:
            os.unlink(name)
        else:
            other = self.choose.choice(self.scratch_names)
            if other != name:
                os.rename(name, other)
                self.scratch[other] = data + more
            else:
                self.scratch[name] = data + more
        os.pwrite(fd, more, len(data))
        if os.pread(fd, 1 << 20, 0) != data + more:
            raise Divergence('%s, open, without its name' % name)
        os.close(fd)

    def op_link(self):
        name = self.some(self.scratch) or self.email_there()
        self.log.append('link %s' % name)
        fails((errno.EPERM, errno.EEXIST), os.link, name, self.choose.choice(self.scratch_names))

    def op_symlink(self):
        name, target = self.choose.choice(self.scratch_names), 'user@host.%d' % self.choose.randrange(1000)
        self.log.append('link %s to %s' % (name, target))
        if name in self.scratch:
            fails((errno.EEXIST,), os.symlink, target, name)
        else:
            os.symlink(target, name)
            self.scratch[name] = target

    def op_attributes(self):
        name = self.email_there()
        self.log.append('chmod, utime %s' % name)
        os.chmod(name, 0o600)
        os.utime(name, (1, 1))

    # --- what is seen ---

    def check(self, name):
        want = self.scratch.get(name, self.emails.get(name))
        if want is None:
            fails((errno.ENOENT,), os.stat, name)
        elif isinstance(want, str):
            if os.readlink(name) != want:
                raise Divergence('%s leads to %r, wanted %r' % (name, os.readlink(name), want))
        else:
            got = get(name)
            if got != want:
                raise Divergence('%s: %r, wanted %r' % (name, got, want))
            if os.stat(name).st_size != len(want):
                raise Divergence('%s: stat says %d bytes, wanted %d' % (name, os.stat(name).st_size, len(want)))

    def check_listing(self):
        mine = set(self.names + self.scratch_names)
        got = sorted(mine.intersection(os.listdir('.')))
        want = sorted([n for n, t in self.emails.items() if t is not None] + list(self.scratch))
        if got != want:
            raise Divergence('the directory lists %s, wanted %s' % (got, want))

    def run(self, operations):
        ops = [getattr(self, name) for name in sorted(dir(self)) if name.startswith('op_')]
        for name in self.names:
            self.emails[name] = get(name) if os.path.exists(name) else None
        try:
            for _ in range(operations):
                self.choose.choice(ops)()
                self.check(self.choose.choice(self.names + self.scratch_names))
                if self.choose.random() < 0.1:
                    self.check_listing()
            for name in self.names + self.scratch_names:
                self.check(name)
            self.check_listing()
        except (Divergence, OSError) as e:
            sys.stderr.write('process %d: %s: %s\nits last operations, newest last:\n  %s\n' %
                             (self.number, type(e).__name__, e, '\n  '.join(self.log[-12:])))
            return 1
        return 0


def start(number, seed, operations, delay):
    """A process of its own; what it saw last comes back by a pipe."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write_end)
        return pid, os.fdopen(read_end, 'rb')
    worker = Worker(number, seed, delay)
    status = worker.run(operations)
    with os.fdopen(write_end, 'wb') as out:
        out.write(json.dumps({'emails': {n: t and t.decode() for n, t in worker.emails.items()},
                              'scratch': sorted(worker.scratch)}).encode())
    os._exit(status)


def service(control, sql):
    with urllib.request.urlopen(control + '/sql?' + urllib.parse.urlencode({'q': sql})) as answer:
        return json.load(answer)


def main():
    directory, control = sys.argv[1:3]
    operations = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    seed = sys.argv[4] if len(sys.argv) > 4 else str(random.SystemRandom().randrange(10 ** 9))
    print('seed %s' % seed, flush=True)
    os.chdir(directory)
    delays = {s['seq_number']: s['delay'] for s in service(control, 'SELECT seq_number, delay FROM steps WHERE campaign_id = 700001')}
    children = [start(n, seed, operations // PROCESSES, delays[n]) for n in range(1, PROCESSES + 1)]
    results = [json.loads(pipe.read() or b'{}') for _, pipe in children]
    bad = [pid for pid, _ in children if os.waitpid(pid, 0)[1]]
    if bad:
        return 1
    # Ends every wait of what was removed.
    fd = os.open('.', os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    emails, scratch = {}, []
    for result in results:
        emails.update({n: t for n, t in result['emails'].items() if t is not None})
        scratch += result['scratch']
    if sorted(os.listdir('.')) != sorted(list(emails) + scratch):
        sys.stderr.write('the directory at the end: %s\nwanted %s\n' % (sorted(os.listdir('.')), sorted(list(emails) + scratch)))
        return 1
    held = {'%d-%s.html' % (v['seq_number'], v['label']): v for v in service(control,
            'SELECT s.seq_number, v.label, v.subject, v.email_body, s.delay FROM variants v JOIN steps s ON s.id = v.step_id'
            ' WHERE s.campaign_id = 700001 AND v.is_deleted = 0')}
    if sorted(held) != sorted(emails):
        sys.stderr.write('the service holds %s\nwanted %s\n' % (sorted(held), sorted(emails)))
        return 1
    for name, text in emails.items():
        v = held[name]
        shown = '---\nsubject: %s\ndelay_in_days: %s\n---\n%s\n' % (v['subject'], v['delay'], v['email_body'])
        if shown != text or get(name).decode() != text:
            sys.stderr.write('%s: the service holds %r, the mount shows %r, wanted %r\n' % (name, shown, get(name), text))
            return 1
    for name in scratch:
        os.unlink(name)
    if sorted(os.listdir('.')) != sorted(emails):
        sys.stderr.write('left behind: %s\n' % sorted(set(os.listdir('.')) - set(emails)))
        return 1
    print('%d operations, %d e-mails, %d scratch files at the end: as the model says' % (operations, len(emails), len(scratch)))
    return 0


if __name__ == '__main__':
    sys.exit(main())
