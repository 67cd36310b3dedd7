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

package io.github.atmosphererelay.endpoint.internal;

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.ConversionException;
import org.springframework.messaging.MessageHandlingException;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.handler.annotation.support.MethodArgumentNotValidException;
import org.springframework.util.ClassUtils;
import org.springframework.validation.BindingResult;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;

/**
 * Translates failures of endpoint methods into refusals for clients. The reasons repeat
 * nothing that a client has sent.
 */
final class EndpointFailures {

	private static final int MAX_ERRORS = 5;

	private static final int MAX_LENGTH = 300;

	/**
	 * Whether Jackson's databind is on the class path; the doors need only Jackson's
	 * core.
	 */
	private static final boolean DATABIND = ClassUtils.isPresent("tools.jackson.databind.DatabindException",
			EndpointFailures.class.getClassLoader());

	private EndpointFailures() {
	}

	/**
	 * Return the exception that the application's code has thrown, or the cause of a
	 * failure to resolve an argument.
	 */
	static Throwable unwrap(Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		return (cause instanceof UnresolvedArgumentException unresolved) ? unresolved.failure() : cause;
	}

	/**
	 * Return the arguments for an exception method, which may take the exception or one
	 * of its causes.
	 */
	static Object[] causes(Throwable failure) {
		List<Throwable> causes = new ArrayList<>();
		for (Throwable each = failure; each != null && !causes.contains(each); each = each.getCause()) {
			causes.add(each);
		}
		return causes.toArray();
	}

	/**
	 * Return the refusal for the client.
	 * @return the refusal, or {@code null} if the failure is not the client's fault
	 */
	static @Nullable RequestRefusedException refusal(Throwable failure) {
		Throwable cause = unwrap(failure);
		if (cause instanceof RequestRefusedException refusal) {
			return refusal;
		}
		String reason = (failure instanceof UnresolvedArgumentException) ? reason(cause) : null;
		return (reason != null) ? new RequestRefusedException(ErrorCode.BAD_REQUEST, reason) : null;
	}

	private static @Nullable String reason(Throwable failure) {
		if (failure instanceof MethodArgumentNotValidException invalid) {
			return invalid(invalid.getBindingResult());
		}
		if (failure instanceof MessageConversionException) {
			return unreadable(failure.getCause());
		}
		if (failure instanceof ConversionException || failure instanceof MessageHandlingException) {
			return "the channel's name or a header does not have the right form";
		}
		return null;
	}

	private static String invalid(@Nullable BindingResult result) {
		List<String> errors = new ArrayList<>();
		if (result != null) {
			for (ObjectError error : result.getAllErrors().stream().limit(MAX_ERRORS).toList()) {
				String subject = (error instanceof FieldError field) ? withoutKeys(field.getField()) : "the message";
				errors.add((subject + " " + error.getDefaultMessage()).strip());
			}
		}
		return shorten("the message is not valid: " + String.join(", ", errors));
	}

	/** Remove the keys of maps, which the client has sent. */
	private static String withoutKeys(String path) {
		return path.replaceAll("\\[.*\\]", "[]");
	}

	private static @Nullable String unreadable(@Nullable Throwable cause) {
		if (DATABIND && cause != null && cause.getClass().getName().startsWith("tools.jackson.")) {
			if (JacksonFailures.isApplicationFault(cause)) {
				return null;
			}
			String path = JacksonFailures.path(cause);
			if (path != null) {
				return shorten("the message does not parse at " + path);
			}
		}
		return "the message does not parse";
	}

	private static String shorten(String reason) {
		return (reason.length() > MAX_LENGTH) ? reason.substring(0, MAX_LENGTH) + "..." : reason;
	}

}
