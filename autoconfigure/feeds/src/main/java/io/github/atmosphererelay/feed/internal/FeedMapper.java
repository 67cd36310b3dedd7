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

package io.github.atmosphererelay.feed.internal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.feed.FeedMapping;
import io.github.atmosphererelay.feed.FeedMessage;
import io.github.atmosphererelay.feed.FeedRecord;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.message.internal.Utf8;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonPointer;

import org.springframework.util.PatternMatchUtils;

/**
 * Maps the records of a feed to messages. Throws nothing. For any thread, except that the
 * application's mapping may want one.
 */
final class FeedMapper {

	/** What a tombstone becomes, so that clients never get an empty frame. */
	private static final Payload TOMBSTONE = Payload.text("null");

	private static final Map<String, String> TOMBSTONE_HEADERS = Map.of(FeedMessage.EVENT, FeedMessage.TOMBSTONE);

	/** Headers of libraries, which mean nothing to clients and may tell them too much. */
	private static final List<String> PRIVATE = List.of("kafka_", "spring_", "__", "atmosphere-");

	private final FeedSettings settings;

	private final FeedExtensions extensions;

	private final @Nullable JsonValues json;

	private final @Nullable JsonPointer pointer;

	private final String[] headers;

	FeedMapper(FeedSettings settings, FeedExtensions extensions) {
		this.settings = settings;
		this.extensions = extensions;
		ChannelTemplate template = settings.template();
		String pointer = (template != null && template.source() == ChannelTemplate.Source.JSON) ? template.argument()
				: null;
		boolean checks = extensions.mapping() == null && extensions.values() == null
				&& settings.format() == ValueFormat.JSON;
		this.json = (pointer != null || checks) ? new JsonValues() : null;
		this.pointer = (pointer != null) ? JsonPointer.compile(pointer) : null;
		this.headers = settings.headers().toArray(String[]::new);
	}

	/**
	 * Map a record.
	 * @return what it becomes
	 */
	Mapped map(ConsumerRecord<byte[], byte[]> record) {
		FeedMapping mapping = this.extensions.mapping();
		if (mapping != null) {
			return map(mapping, record);
		}
		try {
			Object channel = channel(record);
			return (channel instanceof String name) ? map(name, record) : (Mapped.Skipped) channel;
		}
		catch (Throwable ex) {
			// The application's deserializer may throw anything, also what it does not
			// declare. The record would fail in the same way for ever
			return failed(ex);
		}
	}

	/**
	 * Return whether the application maps records, so that only that tells their
	 * channels.
	 */
	boolean isOfApplication() {
		return this.extensions.mapping() != null;
	}

	/**
	 * Return the channel of a record that the template names, without looking at the
	 * value if that is not needed.
	 * @return the channel's name, or {@code null} if it has none
	 */
	@Nullable String findChannel(ConsumerRecord<byte[], byte[]> record) {
		try {
			return (channel(record) instanceof String name) ? name : null;
		}
		catch (Throwable ex) {
			// Mapping it tells why
			return null;
		}
	}

	/**
	 * Return the channel's name, or why there is none.
	 */
	private Object channel(ConsumerRecord<byte[], byte[]> record) {
		ChannelTemplate template = this.settings.template();
		if (template == null) {
			return skipped(SkipReason.NO_CHANNEL, null);
		}
		byte[] key = record.key();
		if (template.isByKey() && key == null) {
			return skipped(SkipReason.NO_KEY, null);
		}
		String value = value(template, record);
		if (value == null) {
			return skipped(SkipReason.NO_CHANNEL, "there is no text at '" + template.argument() + "'");
		}
		String channel = template.channel(value);
		String fault = (channel != null) ? ChannelNames.findFault(channel)
				: "it is empty, or has a slash, for which the variable needs an asterisk, such as {*key}";
		return (channel != null && fault == null) ? channel : skipped(SkipReason.INVALID_CHANNEL, fault);
	}

	private @Nullable String value(ChannelTemplate template, ConsumerRecord<byte[], byte[]> record) {
		return switch (template.source()) {
			case KEY -> text(record.key());
			case HEADER -> {
				Header header = record.headers().lastHeader(template.argument());
				yield (header != null) ? text(header.value()) : null;
			}
			case JSON -> pointed(record.value());
		};
	}

	private @Nullable String pointed(byte @Nullable [] value) {
		if (value == null || this.json == null || this.pointer == null) {
			return null;
		}
		try {
			return this.json.find(value, this.pointer);
		}
		catch (JacksonException ex) {
			return null;
		}
	}

	private Mapped map(String channel, ConsumerRecord<byte[], byte[]> record) throws Throwable {
		byte[] value = record.value();
		if (value == null) {
			return message(record, channel, TOMBSTONE, TOMBSTONE_HEADERS);
		}
		if (value.length > this.settings.maxMessageSize()) {
			return tooLarge(value.length);
		}
		FeedExtensions.ValueReader values = this.extensions.values();
		if (values != null) {
			Payload payload = ApplicationCall.of(() -> values.read(record.topic(), record.headers(), value));
			return (payload != null) ? message(record, channel, payload, Map.of())
					: message(record, channel, TOMBSTONE, TOMBSTONE_HEADERS);
		}
		return switch (this.settings.format()) {
			case BYTES -> message(record, channel, Payload.binary(value), Map.of());
			case TEXT -> Utf8.isValid(value) ? message(record, channel, Payload.text(value), Map.of())
					: skipped(SkipReason.INVALID_VALUE, "it is not UTF-8");
			case JSON -> {
				String fault = Utf8.isValid(value) ? json().findFault(value) : "it is not UTF-8";
				yield (fault != null) ? skipped(SkipReason.INVALID_VALUE, fault)
						: message(record, channel, Payload.text(value), Map.of());
			}
		};
	}

	private JsonValues json() {
		JsonValues json = this.json;
		if (json == null) {
			throw new IllegalStateException("Values are not checked");
		}
		return json;
	}

	private Mapped map(FeedMapping mapping, ConsumerRecord<byte[], byte[]> record) {
		FeedMessage message;
		try {
			FeedRecord given = new FeedRecord(record.topic(), record.partition(), record.offset(), record.timestamp(),
					record.key(), record.value(), headersOf(record));
			message = ApplicationCall.of(() -> mapping.map(given));
			if (message != null) {
				EnvelopeCodec.checkHeaders(message.headers());
			}
		}
		catch (Throwable ex) {
			return failed(ex);
		}
		if (message == null) {
			return skipped(SkipReason.LEFT_OUT, null);
		}
		String fault = ChannelNames.findFault(message.channel());
		if (fault != null) {
			return skipped(SkipReason.INVALID_CHANNEL, fault);
		}
		return (message.payload().size() > this.settings.maxMessageSize()) ? tooLarge(message.payload().size())
				: new Mapped.Message(new MappedRecord(record.offset(), record.timestamp(), message.channel(),
						message.payload(), message.headers()));
	}

	private Mapped message(ConsumerRecord<byte[], byte[]> record, String channel, Payload payload,
			Map<String, String> own) {
		if (payload.size() > this.settings.maxMessageSize()) {
			return tooLarge(payload.size());
		}
		return new Mapped.Message(
				new MappedRecord(record.offset(), record.timestamp(), channel, payload, headers(record, own)));
	}

	/**
	 * Return the headers for clients, as many as a message may have.
	 */
	private Map<String, String> headers(ConsumerRecord<byte[], byte[]> record, Map<String, String> own) {
		if (this.headers.length == 0) {
			return own;
		}
		Map<String, String> headers = null;
		long bytes = 0;
		for (Header header : record.headers()) {
			String value = isPassedOn(header.key()) ? text(header.value()) : null;
			if (value == null) {
				continue;
			}
			bytes += header.key().length() * 3L + header.value().length;
			if (headers == null) {
				headers = new LinkedHashMap<>();
			}
			if (headers.size() + own.size() >= EnvelopeCodec.MAX_HEADERS
					|| bytes > EnvelopeCodec.MAX_HEADER_BYTES / 2) {
				break;
			}
			headers.put(header.key(), value);
		}
		if (headers == null) {
			return own;
		}
		headers.putAll(own);
		return headers;
	}

	private boolean isPassedOn(String name) {
		return !name.isEmpty() && PRIVATE.stream().noneMatch(name::startsWith)
				&& PatternMatchUtils.simpleMatch(this.headers, name);
	}

	private static Map<String, List<byte[]>> headersOf(ConsumerRecord<byte[], byte[]> record) {
		Map<String, List<byte[]>> headers = new LinkedHashMap<>();
		for (Header header : record.headers()) {
			byte[] value = header.value();
			headers.computeIfAbsent(header.key(), (name) -> new ArrayList<>(1))
				.add((value != null) ? value : new byte[0]);
		}
		return headers;
	}

	private Mapped tooLarge(int size) {
		return skipped(SkipReason.TOO_LARGE, "it has " + size + " bytes, and '"
				+ "atmosphere.relay.max-message-size' is " + this.settings.maxMessageSize());
	}

	private static Mapped.Skipped failed(Throwable failure) {
		String detail;
		try {
			detail = String.valueOf(failure);
		}
		catch (Throwable ex) {
			// Exceptions of the application may have a message that fails
			detail = failure.getClass().getName();
		}
		return skipped(SkipReason.MAPPING_FAILED, detail);
	}

	private static Mapped.Skipped skipped(SkipReason reason, @Nullable String detail) {
		return new Mapped.Skipped(reason, detail);
	}

	/**
	 * Decode a text strictly: bytes that are not UTF-8 must not become the name of
	 * another channel.
	 */
	private static @Nullable String text(byte @Nullable [] bytes) {
		if (bytes == null) {
			return null;
		}
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
		}
		catch (CharacterCodingException ex) {
			return null;
		}
	}

}
