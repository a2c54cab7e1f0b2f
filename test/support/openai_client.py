"""Runs the official Python client against a gateway: python openai_client.py BASE_URL. Prints one line per case."""

import json
import sys

import openai
from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
MODEL = client.models.list().data[0].id
MESSAGES = [{"role": "user", "content": "Tell me a story about a fox and a key."}]
ASK = {"model": MODEL, "messages": MESSAGES, "temperature": 0.8, "seed": 7, "max_tokens": 32}


def text_of(**more):
    return client.chat.completions.create(**{**ASK, **more}).choices[0].message.content


def case(name, holds):
    print(("ok " if holds else "not ok ") + name, flush=True)


whole = text_of()
case("chat", len(whole) > 20)
case("seed twice", text_of() == whole and text_of(seed=8) != whole)

stream = client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True})
chunks = list(stream)
streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
case("streaming", streamed == whole)
case("usage in the stream", chunks[-1].usage.completion_tokens == 32)
case("report in the stream", chunks[-1].shardline["verified"] is True)

stop = whole[12:17]
case("stop", text_of(stop=stop) == whole[: whole.index(stop)])

scored = client.chat.completions.create(**{**ASK, "max_tokens": 8}, logprobs=True, top_logprobs=3)
content = scored.choices[0].logprobs.content
case("logprobs", len(content) == 8 and all(len(token.top_logprobs) == 3 for token in content))

several = client.chat.completions.create(**ASK, n=2)
case("n", [choice.index for choice in several.choices] == [0, 1] and several.choices[0].message.content == whole)

schema = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 0, "maximum": 150}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": schema}}
person = json.loads(text_of(response_format=form, max_tokens=200))
case("JSON schema", list(person) == ["name", "age"] and 0 <= person["age"] <= 150)
case("JSON mode", text_of(response_format={"type": "json_object"}).startswith("{"))

with client.chat.completions.create(**{**ASK, "max_tokens": 900}, stream=True) as cancelled:
    for index, _ in enumerate(cancelled):
        if index == 5:
            break
case("goes on after a cancelled stream", text_of() == whole)

case("completion", len(client.completions.create(model=MODEL, prompt="Once", max_tokens=8, seed=1).choices[0].text) > 0)

response = client.responses.create(model=MODEL, input=MESSAGES[0]["content"], max_output_tokens=16)
case("response", len(response.output_text) > 0 and response.status in ("completed", "incomplete"))
with client.responses.stream(model=MODEL, input="And then?", previous_response_id=response.id, max_output_tokens=16) as events:
    seen = list(events)
    said = "".join(event.delta for event in seen if event.type == "response.output_text.delta")
    # A cut answer ends by another event, which the helper that gives the final response doesn't know.
    is_ended = seen[-1].type in ("response.completed", "response.incomplete")
    case("streamed response", is_ended and seen[-1].response.output_text == said != "")


def failure(**more):
    try:
        client.chat.completions.create(**{**ASK, **more})
    except openai.APIError as error:
        return error
    return None


case("unknown model", isinstance(failure(model="gpt-4o"), openai.NotFoundError))
case("wrong value", isinstance(failure(temperature=9), openai.BadRequestError))
case("too long", getattr(failure(messages=[{"role": "user", "content": "long " * 4000}]), "code", None) == "context_length_exceeded")
