"""Coverage-guided fuzzing of everything that reads what others wrote: `make fuzz`, or `python -m bench.fuzz`.

It needs `atheris` (Google's fuzzer for Python, on libFuzzer), which `make fuzz` installs from `requirements.txt` here:
it has wheels for Linux only, so it is not in the lock. The same readers meet made-up input in the unit tests
(`hypothesis`), on every system.

__main__   one process per target, each for its share of the time; says how many inputs, keeps what broke one
targets    what is called with the bytes, and what must be true of the answer
seeds      input that is right, to begin with
"""
