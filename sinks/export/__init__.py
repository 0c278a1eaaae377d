"""Which rows become training examples, and what each trainer reads.

order         the order of an export's rows (pure)
shingles      texts as hashes of tokens and of runs of tokens (pure)
disjoint      things that belong together: union-find over arrays (pure)
splits        which split a session, a document, a person is in (pure)
balance       which of too many rows stay: caps, kinds, a largest number (pure)
benchmarks    which texts hold the prompts of benchmarks
near_duplicates  rows whose texts are nearly those of another row
example       what a training format is, its options, and why a row gives no example (pure)
formats       every training format by its name (pure)
pair          formats over pairs, a row at a time (pure)
conversation  a pair's prompt as the turns of a chat (pure)
preference    what a pair says about its two texts (pure)
trl           TRL: preference, unpaired, prompt-completion (pure)
axolotl       Axolotl: train spans, DPO, KTO (pure)
llama_factory  LLaMA-Factory: alpaca, preference, KTO, and dataset_info.json (pure)
torchtune     torchtune: preference (pure)
written       which ranges of a final text are the person's (pure)
beside        configurations that trainers want beside the examples (pure)
turns         a session's steps as chats with tools (pure)
session       formats over trajectories, a session at a time (pure)
openai        OpenAI chat and preference fine-tuning, OpenPipe (pure)
"""
