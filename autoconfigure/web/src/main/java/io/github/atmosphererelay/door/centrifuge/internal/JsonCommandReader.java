/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.atmosphererelay.door.centrifuge.internal.Command.Recovery;
import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads one command in its JSON form. For one use by one thread.
 */
final class JsonCommandReader {

	private static final int MAX_EPOCH = 256;

	/** Longer numbers are beyond any range, and would be costly to read. */
	private static final int MAX_DIGITS = 20;

	/** Subscribe only if nothing is missing. */
	private static final int REJECT_UNRECOVERED = 2;

	private final JsonParser parser;

	private final String line;

	private boolean empty = true;

	/** Whether what was missed since the position that was just read is asked for. */
	private boolean wanted;

	private long id;

	private @Nullable String name;

	private Fields fields = new Fields();

	JsonCommandReader(JsonParser parser, String line) {
		this.parser = parser;
		this.line = line;
	}

	Command command() {
		while (this.parser.nextToken() != JsonToken.END_OBJECT) {
			this.empty = false;
			String field = this.parser.currentName();
			JsonToken token = this.parser.nextToken();
			if (field.equals("id")) {
				this.id = number(token);
			}
			else if (token == JsonToken.START_OBJECT) {
				if (this.name != null) {
					throw new MalformedCommandException("it is more than one command", null);
				}
				this.name = field;
				readFields();
			}
			else {
				this.parser.skipChildren();
			}
		}
		return this.empty ? new Command.Pong(0) : make();
	}

	private void readFields() {
		while (this.parser.nextToken() != JsonToken.END_OBJECT) {
			String field = this.parser.currentName();
			JsonToken token = this.parser.nextToken();
			if (field.equals("data")) {
				this.fields.data = raw(token);
			}
			else if (token == JsonToken.VALUE_NULL) {
				continue;
			}
			else {
				readField(field, token);
			}
		}
	}

	private void readField(String field, JsonToken token) {
		switch (field) {
			case "channel" -> {
				this.fields.channel = string(token);
			}
			case "token" -> {
				this.fields.token = string(token);
			}
			case "method" -> {
				this.fields.method = string(token);
			}
			case "epoch" -> {
				this.fields.epoch = epoch(token);
			}
			case "offset" -> {
				this.fields.offset = number(token);
			}
			case "limit" -> {
				this.fields.limit = limit(token);
			}
			case "flag" -> {
				this.fields.flag = number(token);
			}
			case "recover" -> {
				this.fields.recover = bool(token);
			}
			case "reverse" -> {
				this.fields.reverse = bool(token);
			}
			case "join_leave" -> {
				this.fields.joinLeave = bool(token);
			}
			case "since" -> {
				this.fields.since = recovery(token);
			}
			case "subs" -> {
				this.fields.subscriptions = subscriptions(token);
			}
			default -> this.parser.skipChildren();
		}
	}

	private Map<String, Recovery> subscriptions(JsonToken token) {
		Map<String, Recovery> subscriptions = new LinkedHashMap<>();
		requireObject(token);
		while (this.parser.nextToken() != JsonToken.END_OBJECT) {
			String channel = this.parser.currentName();
			this.wanted = false;
			Recovery recovery = recovery(this.parser.nextToken());
			if (this.wanted) {
				subscriptions.put(channel, recovery);
			}
		}
		return subscriptions;
	}

	private Recovery recovery(JsonToken token) {
		requireObject(token);
		String epoch = "";
		long offset = 0;
		while (this.parser.nextToken() != JsonToken.END_OBJECT) {
			String field = this.parser.currentName();
			JsonToken value = this.parser.nextToken();
			switch (field) {
				case "epoch" -> {
					epoch = epoch(value);
				}
				case "offset" -> {
					offset = number(value);
				}
				case "recover" -> {
					this.wanted = bool(value);
				}
				default -> this.parser.skipChildren();
			}
		}
		return new Recovery(epoch, offset);
	}

	private static void requireObject(JsonToken token) {
		if (token != JsonToken.START_OBJECT) {
			throw new MalformedCommandException("an object was expected", null);
		}
	}

	private String string(JsonToken token) {
		if (token != JsonToken.VALUE_STRING) {
			throw new MalformedCommandException("a string was expected", null);
		}
		return this.parser.getString();
	}

	private String epoch(JsonToken token) {
		String epoch = string(token);
		if (epoch.length() > MAX_EPOCH) {
			throw new MalformedCommandException("that is no epoch", null);
		}
		return epoch;
	}

	private void requireNumber(JsonToken token) {
		if (token != JsonToken.VALUE_NUMBER_INT || this.parser.getStringLength() > MAX_DIGITS) {
			throw new MalformedCommandException("a number was expected", null);
		}
	}

	private long number(JsonToken token) {
		requireNumber(token);
		long number = this.parser.getLongValue();
		if (number < 0) {
			throw new MalformedCommandException("a number is negative", null);
		}
		return number;
	}

	/** Of all numbers the only one that may be negative: no limit. */
	private int limit(JsonToken token) {
		requireNumber(token);
		return this.parser.getIntValue();
	}

	private boolean bool(JsonToken token) {
		if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
			throw new MalformedCommandException("true or false was expected", null);
		}
		return token == JsonToken.VALUE_TRUE;
	}

	/**
	 * Return a value as it stands in the line.
	 */
	private Payload raw(JsonToken token) {
		int begin = (int) this.parser.currentTokenLocation().getCharOffset();
		this.parser.skipChildren();
		this.parser.finishToken();
		int end = token.isNumeric() ? begin + this.parser.getStringLength()
				: (int) this.parser.currentLocation().getCharOffset();
		return Payload.text(this.line.substring(begin, end));
	}

	private Command make() {
		String name = this.name;
		if (name != null && name.equals("send")) {
			return new Command.Send(0, this.fields.data);
		}
		if (this.id == 0) {
			throw new MalformedCommandException("a command has no number", null);
		}
		if (name == null) {
			return new Command.Unknown(this.id);
		}
		Fields fields = this.fields;
		return switch (name) {
			case "connect" -> new Command.Connect(this.id, fields.token, fields.subscriptions);
			case "subscribe" -> new Command.Subscribe(this.id, fields.channel,
					fields.recover ? new Recovery(fields.epoch, fields.offset) : null, fields.joinLeave,
					(fields.flag & REJECT_UNRECOVERED) != 0);
			case "unsubscribe" -> new Command.Unsubscribe(this.id, fields.channel);
			case "publish" -> new Command.Publish(this.id, fields.channel, fields.data);
			case "presence" -> new Command.Presence(this.id, fields.channel);
			case "presence_stats" -> new Command.PresenceStats(this.id, fields.channel);
			case "history" -> new Command.History(this.id, fields.channel, fields.limit, fields.since, fields.reverse);
			case "rpc" -> new Command.Rpc(this.id, fields.method, fields.data);
			case "refresh" -> new Command.Refresh(this.id, fields.token);
			case "sub_refresh" -> new Command.SubRefresh(this.id);
			case "ping" -> new Command.Ping(this.id);
			default -> new Command.Unknown(this.id);
		};
	}

	/**
	 * What commands consist of, as far as it is known here.
	 */
	private static final class Fields {

		/** No value of JSON is empty. */
		private static final Payload NO_DATA = Payload.text("");

		private String channel = "";

		private String token = "";

		private String method = "";

		private String epoch = "";

		private long offset;

		private int limit;

		private long flag;

		private boolean recover;

		private boolean reverse;

		private boolean joinLeave;

		private @Nullable Recovery since;

		private Payload data = NO_DATA;

		private Map<String, Recovery> subscriptions = Map.of();

	}

}
