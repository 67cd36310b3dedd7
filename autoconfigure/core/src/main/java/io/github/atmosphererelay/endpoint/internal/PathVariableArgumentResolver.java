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

import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.core.MethodParameter;
import org.springframework.core.convert.ConversionService;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHandlingException;
import org.springframework.messaging.handler.annotation.ValueConstants;
import org.springframework.messaging.handler.annotation.support.AbstractNamedValueMethodArgumentResolver;
import org.springframework.web.bind.annotation.PathVariable;

/**
 * Resolves {@code @PathVariable} parameters from the channel's name.
 */
final class PathVariableArgumentResolver extends AbstractNamedValueMethodArgumentResolver {

	PathVariableArgumentResolver(ConversionService conversionService) {
		super(conversionService, null);
	}

	@Override
	public boolean supportsParameter(MethodParameter parameter) {
		return parameter.hasParameterAnnotation(PathVariable.class);
	}

	/**
	 * Return the name of the variable, from the annotation or else from the parameter's
	 * name.
	 * @return the name, or {@code null} if neither is known
	 */
	static @Nullable String nameOf(MethodParameter parameter) {
		PathVariable annotation = parameter.getParameterAnnotation(PathVariable.class);
		return (annotation != null && !annotation.name().isEmpty()) ? annotation.name() : parameter.getParameterName();
	}

	@Override
	protected NamedValueInfo createNamedValueInfo(MethodParameter parameter) {
		return new Info(Objects.requireNonNull(parameter.getParameterAnnotation(PathVariable.class)));
	}

	@Override
	protected @Nullable Object resolveArgumentInternal(MethodParameter parameter, Message<?> message, String name) {
		return Invocation.of(message).variables().get(name);
	}

	@Override
	protected void handleMissingValue(String name, MethodParameter parameter, Message<?> message) {
		throw new MessageHandlingException(message, "The channel's name has no value for the variable '" + name + "'");
	}

	/**
	 * The name of a variable, and whether it is required.
	 */
	private static final class Info extends NamedValueInfo {

		Info(PathVariable annotation) {
			super(annotation.name(), annotation.required(), ValueConstants.DEFAULT_NONE);
		}

	}

}
