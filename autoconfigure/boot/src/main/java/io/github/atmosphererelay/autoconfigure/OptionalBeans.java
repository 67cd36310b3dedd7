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

package io.github.atmosphererelay.autoconfigure;

import java.util.List;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Finds beans that an application may have, and may have several of.
 */
final class OptionalBeans {

	private OptionalBeans() {
	}

	/**
	 * Find a bean whose choice changes what the application does, such as who may
	 * subscribe: with several, nothing is guessed.
	 * @param beans the beans of the type
	 * @param type the type
	 * @return the only or the primary one, or {@code null} if there is none
	 * @throws AmbiguousBeanException if there are several of which none is primary
	 */
	static <T> @Nullable T single(ObjectProvider<T> beans, Class<T> type) {
		try {
			return beans.getIfAvailable();
		}
		catch (NoUniqueBeanDefinitionException ex) {
			if (!type.equals(ex.getBeanType())) {
				throw ex;
			}
			throw new AmbiguousBeanException(type,
					(ex.getBeanNamesFound() != null) ? ex.getBeanNamesFound() : List.of());
		}
	}

	/**
	 * Loaded only where Jackson is there.
	 */
	static final class Json {

		private static final Log logger = LogFactory.getLog(OptionalBeans.class);

		private Json() {
		}

		/**
		 * Find the mapper of payloads. An application that has several for purposes of
		 * its own starts all the same.
		 * @param mappers the beans of the type
		 * @return the only or the primary one, or else one with Jackson's defaults
		 */
		static JsonMapper mapper(ObjectProvider<JsonMapper> mappers) {
			JsonMapper unique = mappers.getIfUnique();
			if (unique != null) {
				return unique;
			}
			if (mappers.stream().findAny().isPresent()) {
				logger
					.warn("There are several JsonMapper beans, and none is primary: messages are written and read with"
							+ " Jackson's defaults. Mark one with @Primary, or define a PayloadEncoder");
			}
			return JsonMapper.builder().build();
		}

	}

}
