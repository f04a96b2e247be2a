"""What the Python drivers share: the lines of JSON, and consumers that poll on threads of their own.

A driver is a class whose methods bear the names of the calls and take their arguments by keyword. Each call runs on a thread, so
that a waiting ``read`` does not hold up the others.
"""

import base64
import json
import queue
import sys
import threading
import time
import traceback


class CallError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def to_text(value):
    return None if value is None else base64.b64encode(bytes(value)).decode()


class Worker:
    """A consumer and its thread: polls, keeps what came, and runs what other threads ask between two polls.

    ``poll`` is a function that returns records as dictionaries, waiting for a moment only. ``close`` runs last.
    """

    def __init__(self, poll, close):
        self.poll, self.close = poll, close
        self.records, self.positions = [], {}
        self.assignment = set()
        self.failure = None
        self.changed = threading.Condition()
        self.tasks = queue.Queue()
        self.stopped = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.stopped:
                while not self.tasks.empty():
                    task, done = self.tasks.get()
                    try:
                        done.put((task(), None))
                    except Exception as error:
                        done.put((None, error))
                records = self.poll()
                if records:
                    with self.changed:
                        self.records.extend(records)
                        self.changed.notify_all()
        except Exception as error:
            with self.changed:
                self.failure = error
                self.changed.notify_all()
        finally:
            self.close()

    def run(self, task):
        """Runs a function on the consumer's thread and returns its value."""
        done = queue.Queue()
        self.tasks.put((task, done))
        value, error = done.get(timeout=60)
        if error is not None:
            raise error
        return value

    def read(self, count, within_ms):
        deadline = time.monotonic() + within_ms / 1000
        with self.changed:
            while len(self.records) < count and self.failure is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self.changed.wait(left)
            if self.failure is not None:
                raise self.failure
            taken, self.records = self.records[:count], self.records[count:]
            for record in taken:
                self.positions[(record["topic"], record["partition"])] = record["offset"] + 1
            return taken

    def owned_positions(self):
        """What there is to commit: not what another member has now."""
        return {
            where: offset
            for where, offset in self.positions.items()
            if f"{where[0]}/{where[1]}" in self.assignment
        }

    def stop(self):
        self.stopped = True
        self.thread.join(60)


def serve(driver):
    """Answers the calls on standard input until it ends."""
    output = threading.Lock()

    def answer(message):
        with output:
            sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()

    def handle(request):
        try:
            result = getattr(driver, request["call"])(**request["args"])
            answer({"id": request["id"], "result": result})
        except Exception as error:
            code, message = getattr(error, "code", None), traceback.format_exc()
            if not isinstance(error, CallError):
                code = driver.error_code(error)
            answer({"id": request["id"], "error": {"code": code, "message": message}})

    for line in sys.stdin:
        threading.Thread(target=handle, args=(json.loads(line),), daemon=True).start()
    driver.shutdown()
