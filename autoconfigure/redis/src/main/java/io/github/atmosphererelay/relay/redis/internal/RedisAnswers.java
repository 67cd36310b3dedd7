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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.List;

import io.github.atmosphererelay.relay.MessageRefusedException;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * What an error that Redis answers says about the command that was refused.
 */
final class RedisAnswers {

	/**
	 * Codes of errors that only concern the keys and channels of the command. In a script
	 * they are within the text. All others, such as {@code OOM} and {@code LOADING},
	 * concern every command.
	 */
	private static final List<String> OF_THE_MESSAGE = List.of("WRONGTYPE", "NOPERM", "No permissions to access");

	/**
	 * Codes of errors that pass by themselves, for example while a server starts or a
	 * replica takes over.
	 */
	private static final List<String> PASSING = List.of("LOADING ", "BUSY ", "TRYAGAIN ", "CLUSTERDOWN ", "MASTERDOWN ",
			"READONLY ", "MOVED ", "ASK ");

	private RedisAnswers() {
	}

	/**
	 * Return whether an error is one that an operator has to do something about, such as
	 * a missing right or full memory.
	 * @param error the exception of {@link #refusal}
	 * @return {@code false} if Redis is away, or the error passes by itself
	 */
	static boolean isLasting(@Nullable Throwable error) {
		if (!(error instanceof RelayUnavailableException unavailable) || !unavailable.isRefusal()) {
			return false;
		}
		Throwable cause = error.getCause();
		String text = (cause != null) ? String.valueOf(cause.getMessage()) : "";
		return PASSING.stream().noneMatch((code) -> text.startsWith(code) || text.contains(": " + code));
	}

	/**
	 * Return the publisher's exception for an error.
	 * @param error the client library's exception, with the text of the answer
	 * @return the exception
	 */
	static RelayException refusal(Throwable error) {
		String text = String.valueOf(error.getMessage());
		return OF_THE_MESSAGE.stream().anyMatch(text::contains) ? new MessageRefusedException(RedisRelay.NAME, error)
				: RelayUnavailableException.forRefusal(RedisRelay.NAME, error);
	}

}
